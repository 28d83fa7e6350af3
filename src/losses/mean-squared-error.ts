import { linked } from "../kinds/link.ts";
import type { LossType } from "../kinds/loss-type.ts";
import { lossCall } from "./loss-call.ts";

/** Mean over outputs of (a - t)^2. */
export interface MeanSquaredErrorLoss {
  readonly name: "meanSquaredError";
}

/**
 * For values.
 *
 * @example
 * const loss = meanSquaredError();
 */
export function meanSquaredError(): MeanSquaredErrorLoss {
  return linked({ name: "meanSquaredError" }, meanSquaredErrorLoss);
}

export const meanSquaredErrorLoss: LossType<MeanSquaredErrorLoss> = {
  name: "meanSquaredError",
  outputs: "values",
  targets: () => "values",
  parse(fields) {
    fields.allowOnly(["name"]);
    return meanSquaredError();
  },
  call: (_, context) => lossCall("meanSquaredError", context),
};
