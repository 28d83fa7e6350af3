import type { RuleSpec } from "./update-rules.ts";

/** The architecture of a network as plain JSON: what a RunSpec, a checkpoint or a request carries. */
export interface ModelSpec {
  /** Shape of one example, without the batch: `[784]`. */
  readonly input: readonly number[];
  readonly layers: readonly LayerSpec[];
}

export type LayerSpec =
  | DenseSpec
  | Conv2dSpec
  | MaxPool2dSpec
  | AvgPool2dSpec
  | GlobalAvgPool2dSpec
  | FlattenSpec;
export const layerTypes = [
  "dense",
  "conv2d",
  "maxPool2d",
  "avgPool2d",
  "globalAvgPool2d",
  "flatten",
] as const satisfies readonly LayerSpec["type"][];

/** z = a_prev W + b, a = activation(z); W is (in, units), b is (units). */
export interface DenseSpec {
  readonly type: "dense";
  readonly units: number;
  readonly activation: Activation;
  /** Instead of the trainer's update rule. */
  readonly rule?: RuleSpec;
}

/** Images are (height, width, channels), W is (kernelSize, kernelSize, channels, filters), b is (filters). */
export interface Conv2dSpec {
  readonly type: "conv2d";
  readonly filters: number;
  readonly kernelSize: number;
  readonly stride: number;
  /** Zeros around the image. "same": outputs = inputs / stride, rounded up; "valid": none; or so many a side. */
  readonly padding: "same" | "valid" | number;
  readonly activation: Activation;
  /** Instead of the trainer's update rule. */
  readonly rule?: RuleSpec;
}

/** The largest value of windows of size x size, side by side. */
export interface MaxPool2dSpec {
  readonly type: "maxPool2d";
  readonly size: number;
}

/** The mean of windows of size x size, side by side. */
export interface AvgPool2dSpec {
  readonly type: "avgPool2d";
  readonly size: number;
}

/** The mean of each channel: (height, width, channels) becomes (channels). */
export interface GlobalAvgPool2dSpec {
  readonly type: "globalAvgPool2d";
}

/** Any shape becomes a list of its values. */
export interface FlattenSpec {
  readonly type: "flatten";
}

export const activations = ["linear", "relu", "tanh", "sigmoid"] as const;
export type Activation = (typeof activations)[number];
