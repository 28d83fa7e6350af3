import { createOrchestrator } from "../../../workers/orchestrator/create-orchestrator.ts";
import { sets } from "../sets.ts";

/** A user's own orchestrator: own sets, the same app and Durable Objects. */
const orchestrator = createOrchestrator(sets);

export class Run extends orchestrator.Run {}
export class Directory extends orchestrator.Directory {}

// oxlint-disable-next-line import/no-default-export -- workerd asks for it.
export default orchestrator.app;
