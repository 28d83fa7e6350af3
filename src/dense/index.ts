/**
 * The public API of the dense-only build: that of "edgeprop" without other layers, runs and exchanges. In the package
 * its code is built with src/dense/layers in the place of the files of the same names, and it loads kernels of its own.
 */
export {
  applyNormalization,
  createRandom,
  idxDataset,
  oneHot,
  parseIdx,
  rescale,
  selectExamples,
  splitDataset,
  standardize,
  streamExamples,
  toDataset,
} from "../data/index.ts";
export type * from "../data/index.ts";
export { EdgepropError, errorCode } from "../errors.ts";
export type { ErrorCode } from "../errors.ts";
export {
  activations,
  dense,
  huber,
  losses,
  meanSquaredError,
  paramsLayout,
  parseModelSpec,
  sequential,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
} from "../model/index.ts";
export type {
  Activation,
  BackpropRule,
  DenseOptions,
  DenseSpec,
  HuberLoss,
  HuberOptions,
  LayerSpec,
  Loss,
  LossName,
  LossSpec,
  MeanSquaredErrorLoss,
  ModelSpec,
  ParamsEntry,
  ParamsLayout,
  ProxPropRule,
  RuleSpec,
  SigmoidCrossEntropyLoss,
  SoftmaxCrossEntropyLoss,
  SoftmaxCrossEntropyOptions,
} from "../model/index.ts";
export type { LoadKernels, LoadKernelsOptions, MemoryPlan, PlannedBuffer } from "../runtime/index.ts";
export {
  adagrad,
  adam,
  adamw,
  backprop,
  constantSchedule,
  cosineSchedule,
  createTrainerWith,
  momentum,
  nesterov,
  planMemory,
  proxProp,
  restoreTrainerWith,
  rmsprop,
  sgd,
  stepSchedule,
  summarize,
} from "../training/index.ts";
export type * from "../training/index.ts";
