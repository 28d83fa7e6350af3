import { EdgepropError } from "../../errors.ts";
import type { FieldReader } from "../field-reader.ts";
import { activations } from "../spec.ts";
import type { Activation, DenseSpec } from "../spec.ts";
import type { LayerForm } from "./layer.ts";

export interface DenseOptions {
  /** Default "linear". */
  readonly activation?: Activation;
}

/** A fully connected layer: a = activation(a_prev W + b). */
export function dense(units: number, options: DenseOptions = {}): DenseSpec {
  return { type: "dense", units, activation: options.activation ?? "linear" };
}

export function parseDense(fields: FieldReader): DenseSpec {
  fields.allowOnly(["type", "units", "activation"]);
  return {
    type: "dense",
    units: fields.positiveInteger("units"),
    activation: fields.has("activation") ? fields.oneOf("activation", activations) : "linear",
  };
}

/** Weights (in, out) row-major, then the bias (out): together the (in + 1, out) of A = [a_prev, 1]. */
export function denseForm({ units }: DenseSpec, inputShape: readonly number[], path: string): LayerForm {
  const [inputs, ...others] = inputShape;
  if (inputs === undefined || others.length > 0) {
    throw new EdgepropError(
      "bad-shape",
      `${path}: a dense layer takes examples of shape [n]; found [${inputShape.join(", ")}]`,
    );
  }
  return {
    outputShape: [units],
    params: [
      { name: "weights", shape: [inputs, units], fanIn: inputs },
      { name: "bias", shape: [units], fanIn: inputs },
    ],
  };
}
