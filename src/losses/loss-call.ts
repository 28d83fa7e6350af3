import type { LoadedBatch } from "../kinds/layer-calls.ts";
import type { LossContext } from "../kinds/loss-type.ts";

type LossKernel =
  | "huber"
  | "meanSquaredError"
  | "sigmoidCrossEntropy"
  | "softmaxCrossEntropy"
  | "softmaxCrossEntropyDense";

/** A loss of one kernel call; every such kernel takes its own settings between the columns and the sum of weights. */
export function lossCall(
  name: LossKernel,
  { kernels, columns, outputs, targets, weights, gradient }: LossContext,
  ...settings: readonly number[]
): (batch: LoadedBatch) => number {
  const kernel: (...args: number[]) => number = kernels[name];
  return ({ rows, weightSum, hasWeights }) =>
    kernel(rows, columns, ...settings, weightSum, outputs, hasWeights ? weights : 0, targets, gradient);
}
