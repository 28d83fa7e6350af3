import type { RunSets } from "../../src/federated/index.ts";
import { createApp } from "./app.ts";
import { Directory } from "./directory.ts";
import { RunObject } from "./run.ts";

/**
 * The parts of an orchestrator Worker that know `sets`, for its entry to export:
 *
 * @example
 * const orchestrator = createOrchestrator(sets);
 * export class Run extends orchestrator.Run {}
 * export class Directory extends orchestrator.Directory {}
 * export default orchestrator.app;
 */
export function createOrchestrator(sets: RunSets) {
  class Run extends RunObject {
    protected override readonly sets = sets;
  }
  return { app: createApp(sets), Run, Directory };
}
