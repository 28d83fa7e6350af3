import type { EmbeddingSpec, PlacedLayer } from "../../model/index.ts";
import type { LayerCalls, LayerContext } from "./layer-calls.ts";

/** a = the tokens' rows of W; their gradients are added up in the direction's. It is the first layer: nothing flows on. */
export function embeddingCalls(
  { units, vocabularySize }: EmbeddingSpec,
  { inputSize }: PlacedLayer,
  { kernels, rows, input, output, outputGradient, params, direction }: LayerContext,
): LayerCalls {
  const count = rows * inputSize;
  return {
    forward: [() => kernels.gatherRows(count, units, input, params, output)],
    propagate: [],
    direction: [
      () => kernels.clear(vocabularySize * units, direction),
      () => kernels.scatterRows(count, units, input, outputGradient, direction),
    ],
  };
}
