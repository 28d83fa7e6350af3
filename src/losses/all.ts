import { huberLoss } from "./huber.ts";
import type { HuberLoss } from "./huber.ts";
import { meanSquaredErrorLoss } from "./mean-squared-error.ts";
import type { MeanSquaredErrorLoss } from "./mean-squared-error.ts";
import { sigmoidCrossEntropyLoss } from "./sigmoid-cross-entropy.ts";
import type { SigmoidCrossEntropyLoss } from "./sigmoid-cross-entropy.ts";
import { softmaxCrossEntropyLoss } from "./softmax-cross-entropy.ts";
import type { SoftmaxCrossEntropyLoss } from "./softmax-cross-entropy.ts";

/** Every loss there is, by name. */
export const allLosses = {
  softmaxCrossEntropy: softmaxCrossEntropyLoss,
  sigmoidCrossEntropy: sigmoidCrossEntropyLoss,
  meanSquaredError: meanSquaredErrorLoss,
  huber: huberLoss,
};

export type LossName = keyof typeof allLosses;
export const losses = Object.keys(allLosses) as readonly LossName[];

/** The losses of edgeprop with their options. */
export type KnownLoss = SoftmaxCrossEntropyLoss | SigmoidCrossEntropyLoss | MeanSquaredErrorLoss | HuberLoss;
