import { readFields, toPositiveInteger } from "../checks/field-reader.ts";
import { describeModel } from "./describe-model.ts";
import { parseLayer } from "./parse-layer.ts";
import type { ModelSpec } from "./spec.ts";

/** A ModelSpec from untrusted JSON; throws `bad-option` or `bad-shape`, naming the path, what is there and what should be. */
export function parseModelSpec(value: unknown): ModelSpec {
  const fields = readFields(value, "");
  fields.allowOnly(["input", "layers"]);
  const model = { input: fields.list("input", toPositiveInteger), layers: fields.list("layers", parseLayer) };
  describeModel(model);
  return model;
}
