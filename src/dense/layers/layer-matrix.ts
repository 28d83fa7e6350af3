import type { PlacedLayer } from "../../model/index.ts";
import type { LayerMatrix } from "../../training/layers/layer-matrix.ts";

/** In the place of src/training/layers/layer-matrix.ts. */
export function layerMatrix({ inputSize, outputSize }: PlacedLayer, examples: number): LayerMatrix {
  return { rows: examples, inputs: inputSize, outputs: outputSize, blockRows: examples };
}
