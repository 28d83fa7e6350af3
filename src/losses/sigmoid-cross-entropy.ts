import { linked } from "../kinds/link.ts";
import type { LossType } from "../kinds/loss-type.ts";
import { lossCall } from "./loss-call.ts";

/** Sum over outputs of max(z, 0) - z t + log(1 + e^-|z|). */
export interface SigmoidCrossEntropyLoss {
  readonly name: "sigmoidCrossEntropy";
}

/**
 * For yes or no, output by output.
 *
 * @example
 * const loss = sigmoidCrossEntropy();
 */
export function sigmoidCrossEntropy(): SigmoidCrossEntropyLoss {
  return linked({ name: "sigmoidCrossEntropy" }, sigmoidCrossEntropyLoss);
}

export const sigmoidCrossEntropyLoss: LossType<SigmoidCrossEntropyLoss> = {
  name: "sigmoidCrossEntropy",
  outputs: "logits",
  targets: () => "values",
  parse(fields) {
    fields.allowOnly(["name"]);
    return sigmoidCrossEntropy();
  },
  call: (_, context) => lossCall("sigmoidCrossEntropy", context),
};
