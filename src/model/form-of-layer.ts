import { conv2dForm, depthwiseConv2dForm } from "./layers/conv2d.ts";
import { customForm } from "./layers/custom.ts";
import { denseForm } from "./layers/dense.ts";
import { dropoutForm } from "./layers/dropout.ts";
import { embeddingForm } from "./layers/embedding.ts";
import { flattenForm } from "./layers/flatten.ts";
import type { LayerForm } from "./layers/layer.ts";
import { batchNormForm, layerNormForm } from "./layers/normalization.ts";
import { globalAvgPool1dForm, globalAvgPool2dForm, pool2dForm } from "./layers/pooling.ts";
import type { LayerSpec } from "./spec.ts";

/** What follows from a layer's spec and input. Throws `bad-shape`, naming the layer. The dense-only build has its own. */
export function formOfLayer(spec: LayerSpec, index: number, inputShape: readonly number[]): LayerForm {
  const path = `layers[${index}]`;
  switch (spec.type) {
    case "dense":
      return denseForm(spec, inputShape, path);
    case "conv2d":
      return conv2dForm(spec, inputShape, path);
    case "depthwiseConv2d":
      return depthwiseConv2dForm(spec, inputShape, path);
    case "maxPool2d":
    case "avgPool2d":
      return pool2dForm(spec, inputShape, path);
    case "globalAvgPool2d":
      return globalAvgPool2dForm(inputShape, path);
    case "globalAvgPool1d":
      return globalAvgPool1dForm(inputShape, path);
    case "flatten":
      return flattenForm(inputShape);
    case "batchNorm":
      return batchNormForm(inputShape);
    case "layerNorm":
      return layerNormForm(inputShape);
    case "dropout":
      return dropoutForm(inputShape);
    case "embedding":
      return embeddingForm(spec, index, inputShape);
    case "custom":
      return customForm(spec, inputShape);
    default:
      return spec satisfies never;
  }
}
