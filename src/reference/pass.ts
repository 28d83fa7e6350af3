import type { PlacedLayer } from "../kinds/layer-type.ts";
import type { Matrix } from "./matrix.ts";

/** What a layer does depends on, beside params and input. */
export interface ReferenceTraining {
  /** Layers that train. Default all. */
  readonly trainable?: readonly number[];
  /** Dropped values follow from seed and step. Default 1 each. */
  readonly seed?: number;
  readonly step?: number;
}

/** A layer on a batch: one example per row, flat. */
export interface LayerPass {
  readonly layer: PlacedLayer;
  /** All of the model's, flat. */
  readonly params: ArrayLike<number>;
  readonly input: Matrix;
  readonly training: ReferenceTraining;
}

export interface ExplicitStep {
  readonly inputGradient: Matrix;
  /** The layer's params in layout order, flat; zeros where they are not trained. */
  readonly direction: readonly number[];
}

/** A layer that takes explicit steps. */
export interface ReferenceLayer {
  forward(pass: LayerPass): Matrix;
  /** From dL/da of the outputs. */
  backward(pass: LayerPass, gradient: Matrix): ExplicitStep;
}
