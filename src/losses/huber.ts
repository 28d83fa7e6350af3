import { build } from "../kinds/build.ts";
import type { LossType } from "../kinds/loss-type.ts";
import { lossCall } from "./loss-call.ts";

/** Mean over outputs of e^2 / 2 for |e| <= delta, delta (|e| - delta / 2) beyond: PyTorch's HuberLoss. */
export interface HuberLoss {
  readonly name: "huber";
  readonly delta: number;
}

export interface HuberOptions {
  /** From here on an error counts linearly. Default 1. */
  readonly delta?: number;
}

/**
 * For values with outliers. Throws `bad-option`.
 *
 * @example
 * const loss = huber({ delta: 0.5 });
 */
export function huber(options: HuberOptions = {}): HuberLoss {
  return build(huberLoss, options, "loss");
}

export const huberLoss: LossType<HuberLoss> = {
  name: "huber",
  outputs: "values",
  targets: () => "values",
  parse(fields) {
    fields.allowOnly(["name", "delta"]);
    return { name: "huber", delta: fields.number("delta", { above: 0, byDefault: 1 }) };
  },
  call: ({ delta }, context) => lossCall("huber", context, delta),
};
