export { describeModel, lastWithParams } from "./describe-model.ts";
export type { PlacedLayer } from "./describe-model.ts";
export { initializeParams } from "./initialize-params.ts";
export { conv2d, conv2dGeometry } from "./layers/conv2d.ts";
export type { Conv2dGeometry, Conv2dOptions } from "./layers/conv2d.ts";
export { dense } from "./layers/dense.ts";
export type { DenseOptions } from "./layers/dense.ts";
export { flatten } from "./layers/flatten.ts";
export { toImageShape } from "./layers/image.ts";
export { avgPool2d, globalAvgPool2d, maxPool2d } from "./layers/pooling.ts";
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
  Conv2dSpec,
  DenseSpec,
  FlattenSpec,
  GlobalAvgPool2dSpec,
  LayerSpec,
  MaxPool2dSpec,
  ModelSpec,
} from "./spec.ts";
export { parseRuleSpec } from "./update-rules.ts";
export type { BackpropRule, ProxPropRule, RuleSpec } from "./update-rules.ts";
