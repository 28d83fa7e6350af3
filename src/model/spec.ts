/** The architecture of a network as plain JSON: what a RunSpec, a checkpoint or a request carries. */
export interface ModelSpec {
  /** Shape of one example, without the batch: `[784]`. */
  readonly input: readonly number[];
  readonly layers: readonly LayerSpec[];
}

export type LayerSpec = DenseSpec;
export const layerTypes = ["dense"] as const satisfies readonly LayerSpec["type"][];

/** z = a_prev W + b, a = activation(z); W is (in, units), b is (units). */
export interface DenseSpec {
  readonly type: "dense";
  readonly units: number;
  readonly activation: Activation;
}

export const activations = ["linear", "relu", "tanh", "sigmoid"] as const;
export type Activation = (typeof activations)[number];

/**
 * Mean over the batch.
 * softmaxCrossEntropy: class indices; sigmoidCrossEntropy: values in [0, 1], summed over outputs;
 * meanSquaredError: values, averaged over outputs.
 */
export const losses = ["softmaxCrossEntropy", "sigmoidCrossEntropy", "meanSquaredError"] as const;
export type Loss = (typeof losses)[number];
