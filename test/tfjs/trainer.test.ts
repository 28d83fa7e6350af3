import { createTfjsTrainer } from "edgeprop/tfjs";
import { describe } from "vitest";
import { describeAgainstReference } from "../suites/against-reference.ts";
import { describeFitting } from "../suites/fitting.ts";
import { describeGoldenValues } from "../suites/golden-values.ts";
import { describeLargeSystems } from "../suites/large-systems.ts";
import { describeMetrics } from "../suites/metrics.ts";
import { describeProxStep } from "../suites/prox-step.ts";
import { describeRefusals } from "../suites/refusals.ts";
import { describeStreams } from "../suites/streams.ts";
import { describeTensors } from "../suites/tensors.ts";
import { describeTraining } from "../suites/training.ts";
import { isBeyondTfjs, useTfjsBackend } from "../support/tfjs.ts";

/** All that the trainer on wasm kernels passes, of what is not beyond tfjs. */
describe.for(["cpu", "wasm"] as const)("the trainer on tfjs's %s", (backend) => {
  useTfjsBackend(backend);
  describeGoldenValues(createTfjsTrainer, { isUnsupported: isBeyondTfjs });
  describeTraining(createTfjsTrainer);
  describeFitting(createTfjsTrainer);
  describeMetrics(createTfjsTrainer);
  describeStreams(createTfjsTrainer);
  describeRefusals(createTfjsTrainer);
  describeProxStep(createTfjsTrainer, { numRuns: 50 });
  describeAgainstReference(createTfjsTrainer, { numRuns: 100 });
  describeLargeSystems(createTfjsTrainer);
  describeTensors();
});
