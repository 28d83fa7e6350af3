import { build } from "../kinds/build.ts";
import type { LossType } from "../kinds/loss-type.ts";
import { lossCall } from "./loss-call.ts";

/**
 * sum_j t_j (log sum_k e^z_k - z_j). The targets are smoothed, t = (1 - labelSmoothing) t + labelSmoothing / classes,
 * as PyTorch does it.
 */
export interface SoftmaxCrossEntropyLoss {
  readonly name: "softmaxCrossEntropy";
  /** In [0, 1). */
  readonly labelSmoothing: number;
  /** "indices": a class per example. "probabilities": a share of every class per example, in sum 1. */
  readonly targets: "indices" | "probabilities";
}

export interface SoftmaxCrossEntropyOptions {
  /** Default 0. */
  readonly labelSmoothing?: number;
  /** Default "indices". */
  readonly targets?: SoftmaxCrossEntropyLoss["targets"];
}

/**
 * For classes that exclude one another. Throws `bad-option`.
 *
 * @example
 * const loss = softmaxCrossEntropy({ labelSmoothing: 0.1 });
 */
export function softmaxCrossEntropy(options: SoftmaxCrossEntropyOptions = {}): SoftmaxCrossEntropyLoss {
  return build(softmaxCrossEntropyLoss, options, "loss");
}

export const softmaxCrossEntropyLoss: LossType<SoftmaxCrossEntropyLoss> = {
  name: "softmaxCrossEntropy",
  outputs: "classes",
  targets: ({ targets }) => (targets === "indices" ? "indices" : "values"),

  parse(fields) {
    fields.allowOnly(["name", "labelSmoothing", "targets"]);
    return {
      name: "softmaxCrossEntropy",
      labelSmoothing: fields.number("labelSmoothing", { from: 0, below: 1, byDefault: 0 }),
      targets: fields.oneOf("targets", ["indices", "probabilities"], "indices"),
    };
  },

  call: ({ labelSmoothing, targets }, context) =>
    targets === "indices"
      ? lossCall("softmaxCrossEntropy", context, labelSmoothing, context.classWeights)
      : lossCall("softmaxCrossEntropyDense", context, labelSmoothing),
};
