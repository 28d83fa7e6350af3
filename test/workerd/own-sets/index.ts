import { allFilters, allStrategies } from "edgeprop/federated";
import { clip } from "../../../examples/custom-filter/clip.ts";
import { int8 } from "../../../examples/custom-filter/int8.ts";
import { fedadam } from "../../../examples/custom-strategy/fed-adam.ts";
import { createOrchestrator } from "../../../workers/orchestrator/create-orchestrator.ts";

/** A user's own orchestrator: own sets, the same app and Durable Objects. */
const orchestrator = createOrchestrator({
  strategies: { ...allStrategies, fedadam },
  filters: { ...allFilters, clip, int8 },
});

export class Run extends orchestrator.Run {}
export class Directory extends orchestrator.Directory {}

// oxlint-disable-next-line import/no-default-export -- workerd asks for it.
export default orchestrator.app;
