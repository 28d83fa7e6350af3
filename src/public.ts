/** What every entry exports: all that is the same whatever sets models are read with. */
export type { Activation, ActivationName } from "./activations/index.ts";
export { activations } from "./activations/index.ts";
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
} from "./data/index.ts";
export type {
  Dataset,
  DatasetParts,
  ExampleChunk,
  Examples,
  ExampleStream,
  IdxArray,
  IdxFiles,
  NestedNumbers,
  NormalizableInputs,
  Normalization,
  Normalized,
  Random,
  Split,
  SplitOptions,
  StreamOptions,
} from "./data/index.ts";
export { EdgepropError, errorCode } from "./errors.ts";
export type { ErrorCode } from "./errors.ts";
export type { FieldReader, NumberRange } from "./checks/field-reader.ts";
export type * from "./kinds/activation-type.ts";
export type * from "./kinds/layer-calls.ts";
export type * from "./kinds/layer-type.ts";
export type * from "./kinds/loss-type.ts";
export type * from "./kinds/optimizer-type.ts";
export type * from "./kinds/rule-type.ts";
export type * from "./kinds/schedule-type.ts";
export type { Sets } from "./kinds/sets.ts";
export { dense } from "./layers/dense.ts";
export type { DenseOptions, DenseSpec } from "./layers/dense.ts";
export { huber, losses, meanSquaredError, sigmoidCrossEntropy, softmaxCrossEntropy } from "./losses/index.ts";
export type {
  HuberLoss,
  HuberOptions,
  KnownLoss,
  LossDefinition,
  LossName,
  MeanSquaredErrorLoss,
  SigmoidCrossEntropyLoss,
  SoftmaxCrossEntropyLoss,
  SoftmaxCrossEntropyOptions,
} from "./losses/index.ts";
export type { Model, ModelSpec, ParamsEntry, ParamsLayout } from "./model/index.ts";
export { adagrad, adam, adamw, momentum, nesterov, rmsprop, sgd } from "./optimizers/index.ts";
export type * from "./optimizers/index.ts";
export { backprop, proxProp } from "./rules/index.ts";
export type * from "./rules/index.ts";
export type { LoadKernels, LoadKernelsOptions, MemoryPlan, PlannedBuffer } from "./runtime/index.ts";
export { constantSchedule, cosineSchedule, stepSchedule } from "./schedules/index.ts";
export type * from "./schedules/index.ts";
export type * from "./training/index.ts";
