export { allLayers } from "./all.ts";
export { batchNorm, batchNormLayer } from "./batch-norm.ts";
export type { BatchNormOptions, BatchNormSpec } from "./batch-norm.ts";
export { conv2d, conv2dLayer } from "./conv2d.ts";
export type { Conv2dSpec } from "./conv2d.ts";
export { customLayer } from "./custom.ts";
export type { CustomLayerType, LayerBackward, LayerCode, LayerForward } from "./custom.ts";
export { dense, denseLayer } from "./dense.ts";
export type { DenseOptions, DenseSpec } from "./dense.ts";
export { depthwiseConv2d, depthwiseConv2dLayer } from "./depthwise-conv2d.ts";
export type { DepthwiseConv2dSpec } from "./depthwise-conv2d.ts";
export { dropout, dropoutLayer } from "./dropout.ts";
export type { DropoutSpec } from "./dropout.ts";
export { embedding, embeddingLayer } from "./embedding.ts";
export type { EmbeddingOptions, EmbeddingSpec } from "./embedding.ts";
export { flatten, flattenLayer } from "./flatten.ts";
export type { FlattenSpec } from "./flatten.ts";
export { layerNorm, layerNormLayer } from "./layer-norm.ts";
export type { LayerNormOptions, LayerNormSpec } from "./layer-norm.ts";
export type { Conv2dOptions } from "./parts/conv-geometry.ts";
export {
  avgPool2d,
  avgPool2dLayer,
  globalAvgPool1d,
  globalAvgPool1dLayer,
  globalAvgPool2d,
  globalAvgPool2dLayer,
  maxPool2d,
  maxPool2dLayer,
} from "./pooling.ts";
export type { AvgPool2dSpec, GlobalAvgPool1dSpec, GlobalAvgPool2dSpec, MaxPool2dSpec } from "./pooling.ts";
