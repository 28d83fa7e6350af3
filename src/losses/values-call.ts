import type { LoadedBatch } from "../kinds/layer-calls.ts";
import type { LossContext } from "../kinds/loss-type.ts";

/** The kernel call of a loss without options on one value per output. */
export function valuesCall(
  name: "sigmoidCrossEntropy" | "meanSquaredError",
  { kernels, columns, outputs, targets, weights, gradient }: LossContext,
): (batch: LoadedBatch) => number {
  const kernel = kernels[name];
  return ({ rows, weightSum, hasWeights }) =>
    kernel(rows, columns, weightSum, outputs, hasWeights ? weights : 0, targets, gradient);
}
