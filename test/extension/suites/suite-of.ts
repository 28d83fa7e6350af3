import type { ActivationType, LayerType, LossType, OptimizerType, RuleType } from "edgeprop";
import type { Strategy, UpdateFilter } from "edgeprop/federated";
import fc from "fast-check";
import type { ReferenceState } from "../../../src/reference/index.ts";
import { filterSuite } from "../../suites/filters.ts";
import { describeActivations } from "../../suites/kinds/activations.ts";
import { describeLayers } from "../../suites/kinds/layers.ts";
import { describeLosses } from "../../suites/kinds/losses.ts";
import { describeOptimizers } from "../../suites/kinds/optimizers.ts";
import { describeRules } from "../../suites/kinds/rules.ts";
import { strategySuite } from "../../suites/strategies.ts";
import { describeClasses } from "./classes.ts";
import { describeFedAdam } from "./fed-adam.ts";
import { describeFrozenBetween } from "./frozen-between.ts";
import type { SoftClipSpec } from "../parts/layer.ts";
import type { RobustScoresSpec } from "../parts/loss.ts";
import type { AdamaxSpec } from "../parts/optimizer.ts";
import type { FoofSpec } from "../parts/rule.ts";

const robustScoresSpecs: readonly RobustScoresSpec[] = [0.5, 1, 3].map((delta) => ({
  name: "robustScores",
  delta,
}));

const adamaxSpecs: readonly AdamaxSpec[] = [
  { name: "adamax", learningRate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-3 },
  { name: "adamax", learningRate: 0.05, beta1: 0, beta2: 0, epsilon: 0.1 },
];

const foofSpecs: readonly FoofSpec[] = [
  { name: "foof", decay: 0.9, damping: 0.1 },
  { name: "foof", decay: 0, damping: 1 },
];

const softClipSpecs = fc
  .constantFrom(0, 0.5, 2)
  .map((sharpness): SoftClipSpec => ({ type: "softClip", sharpness }));

/** The shared suite of each kind, and what it leaves out of a part like this, on the one part that is given. */
export const suiteOf = {
  activation: (squareplus: ActivationType) => describeActivations({ squareplus }),
  layer(softClip: LayerType) {
    describeLayers({ softClip }, { softClip: { takes: "any", specs: softClipSpecs } });
    describeFrozenBetween(softClip);
  },
  loss(robustScores: LossType) {
    describeLosses({ robustScores }, { robustScores: robustScoresSpecs });
    describeClasses(robustScores);
  },
  optimizer: (adamax: OptimizerType) =>
    describeOptimizers({ adamax }, { adamax: adamaxSpecs }, updateOfAdamax),
  rule: (foof: RuleType) => describeRules({ foof }, { foof: foofSpecs }, { isInReference: false }),
  strategy(fedadam: Strategy) {
    strategySuite({ fedadam });
    describeFedAdam(fedadam);
  },
  filter: (filter: UpdateFilter) => filterSuite({ [filter.name]: filter }),
};

/** In float64, for one step. */
function updateOfAdamax(
  { learningRate, beta1, beta2, epsilon }: AdamaxSpec,
  { params, steps, moments: [mean = [], largest = []] }: ReferenceState,
  direction: readonly number[],
): ReferenceState {
  const m = params.map((_, i) => beta1 * (mean[i] ?? 0) + (1 - beta1) * (direction[i] ?? 0));
  const u = params.map((_, i) => Math.max(beta2 * (largest[i] ?? 0), Math.abs(direction[i] ?? 0)));
  return {
    params: params.map((p, i) => p - (learningRate * (m[i] ?? 0)) / ((u[i] ?? 0) + epsilon)),
    steps: steps + 1,
    moments: [m, u],
  };
}
