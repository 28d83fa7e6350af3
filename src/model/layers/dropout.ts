import type { FieldReader } from "../../checks/field-reader.ts";
import type { DropoutSpec } from "../spec.ts";
import type { LayerForm } from "./layer.ts";

/**
 * Inverted dropout: in training each value is 0 with probability `rate`, in [0, 1), and value / (1 - rate) otherwise;
 * evaluation and prediction leave it as it is. Which values is a matter of the trainer's seed, the number of the step,
 * the layer and the value's place alone.
 */
export function dropout(rate: number): DropoutSpec {
  return { type: "dropout", rate };
}

export function parseDropout(fields: FieldReader): DropoutSpec {
  fields.allowOnly(["type", "rate"]);
  return dropout(fields.number("rate", { from: 0, below: 1 }));
}

export function dropoutForm(inputShape: readonly number[]): LayerForm {
  return { outputShape: inputShape, params: [] };
}
