import { EdgepropError } from "../errors.ts";
import { linked } from "../kinds/link.ts";
import { wrongShape } from "./parts/image.ts";
import type { LayerType } from "../kinds/layer-type.ts";

/** Token indices (length) become the rows of W (vocabularySize, units): (length, units). */
export interface EmbeddingSpec {
  readonly type: "embedding";
  readonly units: number;
  readonly vocabularySize: number;
}

export interface EmbeddingOptions {
  /** Tokens are integers in [0, vocabularySize). */
  readonly vocabularySize: number;
}

/** Inputs are float32: larger integers would not all be there. */
const maxVocabularySize = 2 ** 24;

/**
 * The first layer of a model on tokens: each of an example's token indices becomes a vector of `units` values. An
 * input of shape [length] becomes [length, units].
 *
 * @example
 * const model = sequential({ input: [32] }, [embedding(16, { vocabularySize: 1000 }), flatten(), dense(2)]);
 */
export function embedding(units: number, options: EmbeddingOptions): EmbeddingSpec {
  return linked({ ...options, type: "embedding", units }, embeddingLayer);
}

/** a = the tokens' rows of W; their gradients are added up in the direction's. It is the first layer: nothing flows on. */
export const embeddingLayer: LayerType<EmbeddingSpec> = {
  type: "embedding",
  isPerExample: true,

  parse(fields) {
    fields.allowOnly(["type", "units", "vocabularySize"]);
    fields.number("vocabularySize", { from: 1, upTo: maxVocabularySize });
    return embedding(fields.positiveInteger("units"), {
      vocabularySize: fields.positiveInteger("vocabularySize"),
    });
  },

  form({ units, vocabularySize }, { index, inputShape, path }) {
    const [length, ...others] = inputShape;
    if (index > 0) {
      throw new EdgepropError(
        "bad-shape",
        `${path}: an embedding layer takes tokens, the model's inputs; it can only be layers[0]`,
      );
    }
    if (length === undefined || others.length > 0)
      throw wrongShape({ path, layer: "embedding", found: inputShape }, "[length]");
    return {
      outputShape: [length, units],
      params: [
        { name: "weights", shape: [vocabularySize, units], initial: { kind: "normal" }, isTrained: true },
      ],
      vocabularySize,
    };
  },

  calls({ inputSize, spec }, { kernels, rows, input, output, outputGradient, params, direction }) {
    const { units, vocabularySize } = spec;
    const count = rows * inputSize;
    return {
      forward: [() => kernels.gatherRows(count, units, input, params, output)],
      propagate: [],
      direction: () => [
        () => kernels.clear(vocabularySize * units, direction),
        () => kernels.scatterRows(count, units, input, outputGradient, direction),
      ],
    };
  },
};
