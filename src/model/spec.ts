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
  | DepthwiseConv2dSpec
  | MaxPool2dSpec
  | AvgPool2dSpec
  | GlobalAvgPool2dSpec
  | GlobalAvgPool1dSpec
  | FlattenSpec
  | BatchNormSpec
  | LayerNormSpec
  | DropoutSpec
  | EmbeddingSpec
  | CustomSpec;
export const layerTypes = [
  "dense",
  "conv2d",
  "depthwiseConv2d",
  "maxPool2d",
  "avgPool2d",
  "globalAvgPool2d",
  "globalAvgPool1d",
  "flatten",
  "batchNorm",
  "layerNorm",
  "dropout",
  "embedding",
  "custom",
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

/** The same with every channel by itself: W is (kernelSize, kernelSize, channels), b is (channels). */
export interface DepthwiseConv2dSpec {
  readonly type: "depthwiseConv2d";
  readonly kernelSize: number;
  readonly stride: number;
  /** As in Conv2dSpec. */
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

/** The mean over positions: (length, units) becomes (units). */
export interface GlobalAvgPool1dSpec {
  readonly type: "globalAvgPool1d";
}

/** Any shape becomes a list of its values. */
export interface FlattenSpec {
  readonly type: "flatten";
}

/** a = gamma (x - mean) / sqrt(variance + epsilon) + beta over the last axis, of the batch or of what was seen so far. */
export interface BatchNormSpec {
  readonly type: "batchNorm";
  /** Weight of a batch in the running mean and variance. */
  readonly momentum: number;
  readonly epsilon: number;
}

/** The same with mean and variance of the last axis of every example and position. */
export interface LayerNormSpec {
  readonly type: "layerNorm";
  readonly epsilon: number;
}

/** In training each value becomes 0 with probability `rate`, and value / (1 - rate) otherwise. */
export interface DropoutSpec {
  readonly type: "dropout";
  readonly rate: number;
}

/** Token indices (length) become the rows of W (vocabularySize, units): (length, units). */
export interface EmbeddingSpec {
  readonly type: "embedding";
  readonly units: number;
  readonly vocabularySize: number;
}

/** A layer whose code is given where it runs; all that others need to know of it stands here. */
export interface CustomSpec {
  readonly type: "custom";
  readonly name: string;
  /** Of one example; the input's where absent. */
  readonly outputShape?: readonly number[];
  readonly params: readonly CustomParamSpec[];
  /** Whatever JSON the code wants. */
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface CustomParamSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly init: (typeof customInits)[number];
  /** Of "uniform": the inputs that an output value is computed from; the layer's input size where absent. */
  readonly fanIn?: number;
}

export const customInits = ["uniform", "zeros", "ones", "normal"] as const;

/** leakyRelu: max(z, z / 100); gelu: z Phi(z), Phi being the normal distribution function. */
export const activations = ["linear", "relu", "leakyRelu", "tanh", "sigmoid", "gelu"] as const;
export type Activation = (typeof activations)[number];
