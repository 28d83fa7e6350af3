import { EdgepropError } from "../../errors.ts";
import type { FieldReader } from "../../checks/field-reader.ts";
import { activations } from "../spec.ts";
import type { Activation, DenseSpec } from "../spec.ts";
import type { RuleSpec } from "../update-rules.ts";
import { weightsAndBias } from "./layer.ts";
import type { LayerForm } from "./layer.ts";
import { parseRule } from "./rule.ts";

export interface DenseOptions {
  /** Default "linear". */
  readonly activation?: Activation;
  /** Default: the trainer's update rule. */
  readonly rule?: RuleSpec;
}

/** A fully connected layer: a = activation(a_prev W + b). */
export function dense(units: number, options: DenseOptions = {}): DenseSpec {
  // A misspelt option goes into the spec too, where `sequential` refuses it by name.
  return { activation: "linear", ...options, type: "dense", units };
}

export function parseDense(fields: FieldReader): DenseSpec {
  fields.allowOnly(["type", "units", "activation", "rule"]);
  return {
    type: "dense",
    units: fields.positiveInteger("units"),
    activation: fields.has("activation") ? fields.oneOf("activation", activations) : "linear",
    ...parseRule(fields),
  };
}

/** Weights (in, out) row-major, then the bias (out): together the (in + 1, out) of A = [a_prev, 1]. */
export function denseForm({ units }: DenseSpec, inputShape: readonly number[], path: string): LayerForm {
  const [inputs, ...others] = inputShape;
  if (inputs === undefined || others.length > 0) {
    throw new EdgepropError(
      "bad-shape",
      `${path}: a dense layer takes examples of shape [n]; found [${inputShape.join(", ")}], put flatten() before it`,
    );
  }
  return {
    outputShape: [units],
    params: weightsAndBias([inputs, units], inputs),
  };
}
