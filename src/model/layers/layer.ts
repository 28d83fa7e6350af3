/** What the rest of the house needs to know of a layer: every layer type says it for its spec and input. */
export interface LayerForm {
  /** Shape of one example's output. */
  readonly outputShape: readonly number[];
  /** In the order in which they lie in the flat params; empty for a layer without. */
  readonly params: readonly ParamForm[];
}

interface ParamForm {
  readonly name: "weights" | "bias";
  readonly shape: readonly number[];
  /** Inputs an output value is computed from: the scale of the initial values. */
  readonly fanIn: number;
}
