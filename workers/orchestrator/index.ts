import { createOrchestrator } from "./create-orchestrator.ts";
import { sets } from "./sets.ts";

const orchestrator = createOrchestrator(sets);

export class Run extends orchestrator.Run {}
export class Directory extends orchestrator.Directory {}

export default orchestrator.app;
