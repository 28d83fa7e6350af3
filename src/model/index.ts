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
export { activations, losses } from "./spec.ts";
export type {
  Activation,
  AvgPool2dSpec,
  Conv2dSpec,
  DenseSpec,
  FlattenSpec,
  GlobalAvgPool2dSpec,
  LayerSpec,
  Loss,
  MaxPool2dSpec,
  ModelSpec,
} from "./spec.ts";
