/** The public API that is the same everywhere; the entry of each platform adds how the kernels are loaded. */
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
export {
  activations,
  avgPool2d,
  conv2d,
  dense,
  flatten,
  globalAvgPool2d,
  losses,
  maxPool2d,
  paramsLayout,
  parseModelSpec,
  sequential,
} from "./model/index.ts";
export type {
  Activation,
  AvgPool2dSpec,
  Conv2dOptions,
  Conv2dSpec,
  DenseOptions,
  DenseSpec,
  FlattenSpec,
  GlobalAvgPool2dSpec,
  LayerSpec,
  Loss,
  MaxPool2dSpec,
  ModelSpec,
  ParamsEntry,
  ParamsLayout,
} from "./model/index.ts";
export type { LoadKernels, LoadKernelsOptions, MemoryPlan, PlannedBuffer } from "./runtime/index.ts";
export * from "./training/index.ts";
