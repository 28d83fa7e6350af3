import { readFields, toPositiveInteger } from "./field-reader.ts";
import { parseConv2d } from "./layers/conv2d.ts";
import { parseDense } from "./layers/dense.ts";
import { parseFlatten } from "./layers/flatten.ts";
import { parseGlobalAvgPool2d, parsePool2d } from "./layers/pooling.ts";
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
    case "conv2d":
      return parseConv2d(fields);
    case "maxPool2d":
    case "avgPool2d":
      return parsePool2d(type, fields);
    case "globalAvgPool2d":
      return parseGlobalAvgPool2d(fields);
    case "flatten":
      return parseFlatten(fields);
    default:
      return type satisfies never;
  }
}
