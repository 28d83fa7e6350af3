import { describeValue } from "../checks/check-options.ts";
import { EdgepropError } from "../errors.ts";
import { readFields } from "../checks/field-reader.ts";

/** The names of the losses. */
export const losses = ["softmaxCrossEntropy", "sigmoidCrossEntropy", "meanSquaredError", "huber"] as const;
export type LossName = (typeof losses)[number];

/** A loss as plain JSON: its name where the defaults suffice. What is minimised is its mean over the batch. */
export type Loss = LossName | LossSpec;

export type LossSpec = SoftmaxCrossEntropyLoss | SigmoidCrossEntropyLoss | MeanSquaredErrorLoss | HuberLoss;

/** sum_j t_j (log sum_k e^z_k - z_j) over the outputs z, with t = (1 - labelSmoothing) target + labelSmoothing / outputs. */
export interface SoftmaxCrossEntropyLoss {
  readonly name: "softmaxCrossEntropy";
  /** In [0, 1); PyTorch's label_smoothing. */
  readonly labelSmoothing: number;
  /** "indices": one class an example. "probabilities": one float32 an output. */
  readonly targets: "indices" | "probabilities";
}

/** Targets in [0, 1], one an output; summed over outputs. */
export interface SigmoidCrossEntropyLoss {
  readonly name: "sigmoidCrossEntropy";
}

/** Averaged over outputs. */
export interface MeanSquaredErrorLoss {
  readonly name: "meanSquaredError";
}

/** e^2 / 2 where |e| <= delta, else delta (|e| - delta / 2); averaged over outputs. PyTorch's HuberLoss. */
export interface HuberLoss {
  readonly name: "huber";
  readonly delta: number;
}

export interface SoftmaxCrossEntropyOptions {
  /** Default 0. */
  readonly labelSmoothing?: number;
  /** Default "indices". */
  readonly targets?: SoftmaxCrossEntropyLoss["targets"];
}

/** For classes that exclude one another. Throws `bad-option`. */
export function softmaxCrossEntropy(options: SoftmaxCrossEntropyOptions = {}): SoftmaxCrossEntropyLoss {
  return checked({ name: "softmaxCrossEntropy", labelSmoothing: 0, targets: "indices", ...options });
}

/** For yes or no, output by output. */
export function sigmoidCrossEntropy(): SigmoidCrossEntropyLoss {
  return { name: "sigmoidCrossEntropy" };
}

/** For values. */
export function meanSquaredError(): MeanSquaredErrorLoss {
  return { name: "meanSquaredError" };
}

export interface HuberOptions {
  /** From here on an error counts linearly. Default 1. */
  readonly delta?: number;
}

/** For values with outliers. Throws `bad-option`. */
export function huber(options: HuberOptions = {}): HuberLoss {
  return checked({ name: "huber", delta: 1, ...options });
}

function checked<T extends LossSpec>(loss: T): T {
  completeLoss(loss);
  return loss;
}

/**
 * Either form of a loss as the complete one, from untrusted JSON as well. Throws `bad-option`, naming the field.
 */
export function completeLoss(loss: unknown): LossSpec {
  if (typeof loss === "string") return completeLoss({ name: loss });
  if (typeof loss !== "object" || loss === null) {
    throw new EdgepropError(
      "bad-option",
      `loss is ${describeValue(loss)}; expected a name (${losses.join(", ")}) or an object with one`,
    );
  }
  const fields = readFields(loss, "loss");
  const name = "name" in loss ? losses.find((each) => each === loss.name) : undefined;
  switch (name) {
    case "softmaxCrossEntropy":
      fields.allowOnly(["name", "labelSmoothing", "targets"]);
      return {
        name,
        labelSmoothing: fields.has("labelSmoothing")
          ? fields.number("labelSmoothing", { from: 0, below: 1 })
          : 0,
        targets: fields.has("targets") ? fields.oneOf("targets", ["indices", "probabilities"]) : "indices",
      };
    case "sigmoidCrossEntropy":
    case "meanSquaredError":
      fields.allowOnly(["name"]);
      return { name };
    case "huber":
      fields.allowOnly(["name", "delta"]);
      return { name, delta: fields.has("delta") ? fields.number("delta", { above: 0 }) : 1 };
    case undefined: {
      const found: unknown = "name" in loss ? loss.name : undefined;
      const expected = losses.map((each) => `"${each}"`).join(", ");
      throw new EdgepropError("bad-option", `loss is ${describeValue(found)}; expected one of ${expected}`);
    }
    default:
      return name satisfies never;
  }
}

/** Whether the outputs are scores of classes, the largest of which is the prediction. */
export function hasClasses(loss: Loss): boolean {
  return completeLoss(loss).name === "softmaxCrossEntropy";
}

/** Whether a target is the index of a class. */
export function takesIndices(loss: Loss): boolean {
  const complete = completeLoss(loss);
  return complete.name === "softmaxCrossEntropy" && complete.targets === "indices";
}
