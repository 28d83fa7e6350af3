import { allRunSets } from "../../src/federated/index.ts";
import type { RunSets } from "../../src/federated/index.ts";

/**
 * The strategies and update filters that the runs of this Worker may name. A Worker with more hands its own to
 * `createOrchestrator` instead: `{ ...allRunSets, strategies: { ...allStrategies, mine } }`.
 */
export const sets: RunSets = allRunSets;
