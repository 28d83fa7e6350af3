import { readFields } from "../../checks/field-reader.ts";
import { parseDense } from "../../model/layers/dense.ts";
import { layerTypes } from "../../model/spec.ts";
import type { LayerSpec } from "../../model/spec.ts";
import { onlyDense } from "./only-dense.ts";

/** In the place of src/model/parse-layer.ts. */
export function parseLayer(value: unknown, path: string): LayerSpec {
  const fields = readFields(value, path);
  const type = fields.oneOf("type", layerTypes);
  if (type === "dense") return parseDense(fields);
  throw onlyDense(type, path);
}
