/** The public API that is the same everywhere; the entry of each platform adds how the kernels are loaded. */
export { createRandom, selectExamples, toDataset } from "./data/index.ts";
export type { Dataset, DatasetParts, Random } from "./data/index.ts";
export { EdgepropError, errorCode } from "./errors.ts";
export type { ErrorCode } from "./errors.ts";
export {
  activations,
  avgPool2d,
  conv2d,
  dense,
  flatten,
  globalAvgPool2d,
  huber,
  losses,
  maxPool2d,
  meanSquaredError,
  paramsLayout,
  parseModelSpec,
  sequential,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
} from "./model/index.ts";
export type {
  Activation,
  AvgPool2dSpec,
  BackpropRule,
  Conv2dOptions,
  Conv2dSpec,
  DenseOptions,
  DenseSpec,
  FlattenSpec,
  GlobalAvgPool2dSpec,
  HuberLoss,
  HuberOptions,
  LayerSpec,
  Loss,
  LossName,
  LossSpec,
  MaxPool2dSpec,
  MeanSquaredErrorLoss,
  ModelSpec,
  ParamsEntry,
  ParamsLayout,
  ProxPropRule,
  RuleSpec,
  SigmoidCrossEntropyLoss,
  SoftmaxCrossEntropyLoss,
  SoftmaxCrossEntropyOptions,
} from "./model/index.ts";
export type { LoadKernels, LoadKernelsOptions, MemoryPlan, PlannedBuffer } from "./runtime/index.ts";
export * from "./training/index.ts";
