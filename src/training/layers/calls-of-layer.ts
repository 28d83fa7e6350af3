import type { PlacedLayer } from "../../model/index.ts";
import { conv2dCalls } from "./conv2d-calls.ts";
import { customCalls } from "./custom-calls.ts";
import { denseCalls } from "./dense-calls.ts";
import { depthwiseConv2dCalls } from "./depthwise-calls.ts";
import { dropoutCalls } from "./dropout-calls.ts";
import { embeddingCalls } from "./embedding-calls.ts";
import type { LayerCalls, LayerContext } from "./layer-calls.ts";
import { batchNormCalls, layerNormCalls } from "./normalization-calls.ts";
import { avgPool2dCalls, flattenCalls, globalAvgPool1dCalls, maxPool2dCalls } from "./pooling-calls.ts";

export function callsOfLayer(layer: PlacedLayer, context: LayerContext): LayerCalls {
  const { spec } = layer;
  switch (spec.type) {
    case "dense":
      return denseCalls(spec, layer, context);
    case "conv2d":
      return conv2dCalls(spec, layer, context);
    case "depthwiseConv2d":
      return depthwiseConv2dCalls(spec, layer, context);
    case "maxPool2d":
      return maxPool2dCalls(spec, layer, context);
    case "avgPool2d":
      return avgPool2dCalls(spec.size, layer, context);
    case "globalAvgPool2d":
      return avgPool2dCalls("global", layer, context);
    case "globalAvgPool1d":
      return globalAvgPool1dCalls(layer, context);
    case "flatten":
      return flattenCalls(layer, context);
    case "batchNorm":
      return batchNormCalls(spec, layer, context);
    case "layerNorm":
      return layerNormCalls(spec, layer, context);
    case "dropout":
      return dropoutCalls(spec, layer, context);
    case "embedding":
      return embeddingCalls(spec, layer, context);
    case "custom":
      return customCalls(spec, layer, context);
    default:
      return spec satisfies never;
  }
}
