import { readFields, toPositiveInteger } from "./field-reader.ts";
import { parseDense } from "./layers/dense.ts";
import { describeModel } from "./describe-model.ts";
import { layerTypes } from "./spec.ts";
import type { LayerSpec, ModelSpec } from "./spec.ts";

/** A ModelSpec from untrusted JSON; throws `bad-option` or `bad-shape`, naming the path, what is there and what should be. */
export function parseModelSpec(value: unknown): ModelSpec {
  const fields = readFields(value, "");
  fields.allowOnly(["input", "layers"]);
  const model = { input: fields.list("input", toPositiveInteger), layers: fields.list("layers", parseLayer) };
  describeModel(model);
  return model;
}

function parseLayer(value: unknown, path: string): LayerSpec {
  const fields = readFields(value, path);
  const type = fields.oneOf("type", layerTypes);
  switch (type) {
    case "dense":
      return parseDense(fields);
    default:
      return type satisfies never;
  }
}
