/** What the rest of the house needs to know of a layer: every layer type says it for its spec and input. */
export interface LayerForm {
  /** Shape of one example's output. */
  readonly outputShape: readonly number[];
  /** In the order in which they lie in the flat params; empty for a layer without. */
  readonly params: readonly ParamForm[];
}

export interface ParamForm {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initial: InitialValues;
  /** False for what a layer keeps of its batches: no optimizer and no weight decay touches it. */
  readonly isTrained: boolean;
}

/**
 * How a param begins. uniform: U(-1 / sqrt(fanIn), 1 / sqrt(fanIn)), fanIn being the inputs that an output value is
 * computed from; normal: of mean 0 and variance 1.
 */
export type InitialValues =
  | { readonly kind: "uniform"; readonly fanIn: number }
  | { readonly kind: "zeros" | "ones" | "normal" };

/** Weights and bias of a layer whose every output is a sum over `fanIn` inputs: PyTorch's initial values. */
export function weightsAndBias(weights: readonly number[], fanIn: number): ParamForm[] {
  const initial: InitialValues = { kind: "uniform", fanIn };
  return [
    { name: "weights", shape: weights, initial, isTrained: true },
    { name: "bias", shape: weights.slice(-1), initial, isTrained: true },
  ];
}

/** Scale and shift of a layer that normalises. */
export function gammaAndBeta(channels: number): ParamForm[] {
  return [
    { name: "gamma", shape: [channels], initial: { kind: "ones" }, isTrained: true },
    { name: "beta", shape: [channels], initial: { kind: "zeros" }, isTrained: true },
  ];
}
