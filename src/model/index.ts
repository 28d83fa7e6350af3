export { describeModel, lastLinear } from "./describe-model.ts";
export type { PlacedLayer } from "./describe-model.ts";
export { initializeParams } from "./initialize-params.ts";
export { conv2d, conv2dGeometry, depthwiseConv2d } from "./layers/conv2d.ts";
export type { Conv2dGeometry, Conv2dOptions } from "./layers/conv2d.ts";
export { custom } from "./layers/custom.ts";
export type { CustomOptions, CustomParamOptions } from "./layers/custom.ts";
export { dense } from "./layers/dense.ts";
export type { DenseOptions } from "./layers/dense.ts";
export { dropout } from "./layers/dropout.ts";
export { embedding } from "./layers/embedding.ts";
export type { EmbeddingOptions } from "./layers/embedding.ts";
export { flatten } from "./layers/flatten.ts";
export { toImageShape } from "./layers/image.ts";
export type { ImageShape } from "./layers/image.ts";
export { batchNorm, layerNorm } from "./layers/normalization.ts";
export type { BatchNormOptions, LayerNormOptions } from "./layers/normalization.ts";
export { avgPool2d, globalAvgPool1d, globalAvgPool2d, maxPool2d } from "./layers/pooling.ts";
export { countParams, paramsLayout } from "./params-layout.ts";
export type { ParamsEntry, ParamsLayout } from "./params-layout.ts";
export { parseModelSpec } from "./parse-model.ts";
export { sequential } from "./sequential.ts";
export {
  completeLoss,
  hasClasses,
  huber,
  losses,
  meanSquaredError,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
  takesIndices,
} from "./losses.ts";
export type {
  HuberLoss,
  HuberOptions,
  Loss,
  LossName,
  LossSpec,
  MeanSquaredErrorLoss,
  SigmoidCrossEntropyLoss,
  SoftmaxCrossEntropyLoss,
  SoftmaxCrossEntropyOptions,
} from "./losses.ts";
export { activations } from "./spec.ts";
export type {
  Activation,
  AvgPool2dSpec,
  BatchNormSpec,
  Conv2dSpec,
  CustomParamSpec,
  CustomSpec,
  DenseSpec,
  DepthwiseConv2dSpec,
  DropoutSpec,
  EmbeddingSpec,
  FlattenSpec,
  GlobalAvgPool1dSpec,
  GlobalAvgPool2dSpec,
  LayerNormSpec,
  LayerSpec,
  MaxPool2dSpec,
  ModelSpec,
} from "./spec.ts";
export { parseRuleSpec } from "./update-rules.ts";
export type { BackpropRule, ProxPropRule, RuleSpec } from "./update-rules.ts";
