import { readFields } from "../checks/field-reader.ts";
import { parseConv2d, parseDepthwiseConv2d } from "./layers/conv2d.ts";
import { parseCustom } from "./layers/custom.ts";
import { parseDense } from "./layers/dense.ts";
import { parseDropout } from "./layers/dropout.ts";
import { parseEmbedding } from "./layers/embedding.ts";
import { parseFlatten } from "./layers/flatten.ts";
import { parseBatchNorm, parseLayerNorm } from "./layers/normalization.ts";
import { parseGlobalAvgPool1d, parseGlobalAvgPool2d, parsePool2d } from "./layers/pooling.ts";
import { layerTypes } from "./spec.ts";
import type { LayerSpec } from "./spec.ts";

/** Throws `bad-option`. The dense-only build has its own. */
export function parseLayer(value: unknown, path: string): LayerSpec {
  const fields = readFields(value, path);
  const type = fields.oneOf("type", layerTypes);
  switch (type) {
    case "dense":
      return parseDense(fields);
    case "conv2d":
      return parseConv2d(fields);
    case "depthwiseConv2d":
      return parseDepthwiseConv2d(fields);
    case "maxPool2d":
    case "avgPool2d":
      return parsePool2d(type, fields);
    case "globalAvgPool2d":
      return parseGlobalAvgPool2d(fields);
    case "globalAvgPool1d":
      return parseGlobalAvgPool1d(fields);
    case "flatten":
      return parseFlatten(fields);
    case "batchNorm":
      return parseBatchNorm(fields);
    case "layerNorm":
      return parseLayerNorm(fields);
    case "dropout":
      return parseDropout(fields);
    case "embedding":
      return parseEmbedding(fields);
    case "custom":
      return parseCustom(fields, path);
    default:
      return type satisfies never;
  }
}
