import { allFilters, allRunSets, allStrategies } from "edgeprop/federated";
import type { MeanStrategy } from "edgeprop/federated";
import { clip } from "../../../examples/custom-filter/clip.ts";
import { int8 } from "../../../examples/custom-filter/int8.ts";
import { fedadam } from "../../../examples/custom-strategy/fed-adam.ts";
import { createOrchestrator } from "../../../workers/orchestrator/create-orchestrator.ts";

/** A strategy that errs: it loses the params. */
const broken: MeanStrategy = {
  name: "broken",
  combines: "mean",
  parse: () => ({ name: "broken" }),
  weightOf: () => 1,
  next: (_, { state }) => ({ params: new Float32Array(1), state }),
};

/** A user's own orchestrator: own sets, the same app and Durable Objects. */
const orchestrator = createOrchestrator({
  ...allRunSets,
  strategies: { ...allStrategies, fedadam, broken },
  filters: { ...allFilters, clip, int8 },
});

export class Run extends orchestrator.Run {}
export class Directory extends orchestrator.Directory {}

// oxlint-disable-next-line import/no-default-export -- workerd asks for it.
export default orchestrator.app;
