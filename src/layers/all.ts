import { batchNormLayer } from "./batch-norm.ts";
import { conv2dLayer } from "./conv2d.ts";
import { denseLayer } from "./dense.ts";
import { depthwiseConv2dLayer } from "./depthwise-conv2d.ts";
import { dropoutLayer } from "./dropout.ts";
import { embeddingLayer } from "./embedding.ts";
import { flattenLayer } from "./flatten.ts";
import { layerNormLayer } from "./layer-norm.ts";
import { avgPool2dLayer, globalAvgPool1dLayer, globalAvgPool2dLayer, maxPool2dLayer } from "./pooling.ts";

/** Every layer there is, by the type that its spec names. */
export const allLayers = {
  dense: denseLayer,
  conv2d: conv2dLayer,
  depthwiseConv2d: depthwiseConv2dLayer,
  maxPool2d: maxPool2dLayer,
  avgPool2d: avgPool2dLayer,
  globalAvgPool2d: globalAvgPool2dLayer,
  globalAvgPool1d: globalAvgPool1dLayer,
  flatten: flattenLayer,
  batchNorm: batchNormLayer,
  layerNorm: layerNormLayer,
  dropout: dropoutLayer,
  embedding: embeddingLayer,
};
