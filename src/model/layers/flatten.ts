import type { FieldReader } from "../../checks/field-reader.ts";
import type { FlattenSpec } from "../spec.ts";
import type { LayerForm } from "./layer.ts";

/** Images, or whatever shape there is, as a list of values: what a dense layer takes. */
export function flatten(): FlattenSpec {
  return { type: "flatten" };
}

export function parseFlatten(fields: FieldReader): FlattenSpec {
  fields.allowOnly(["type"]);
  return flatten();
}

export function flattenForm(inputShape: readonly number[]): LayerForm {
  return { outputShape: [inputShape.reduce((product, length) => product * length, 1)], params: [] };
}
