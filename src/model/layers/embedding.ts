import { EdgepropError } from "../../errors.ts";
import type { FieldReader } from "../../checks/field-reader.ts";
import type { EmbeddingSpec } from "../spec.ts";
import type { LayerForm } from "./layer.ts";

export interface EmbeddingOptions {
  /** Tokens are integers in [0, vocabularySize). */
  readonly vocabularySize: number;
}

/** Inputs are float32: larger integers would not all be there. */
const maxVocabularySize = 2 ** 24;

/**
 * The first layer of a model on tokens: each of an example's token indices becomes a vector of `units` values. An
 * input of shape [length] becomes [length, units].
 */
export function embedding(units: number, options: EmbeddingOptions): EmbeddingSpec {
  return { ...options, type: "embedding", units };
}

export function parseEmbedding(fields: FieldReader): EmbeddingSpec {
  fields.allowOnly(["type", "units", "vocabularySize"]);
  fields.number("vocabularySize", { from: 1, upTo: maxVocabularySize });
  return embedding(fields.positiveInteger("units"), {
    vocabularySize: fields.positiveInteger("vocabularySize"),
  });
}

export function embeddingForm(
  { units, vocabularySize }: EmbeddingSpec,
  index: number,
  inputShape: readonly number[],
): LayerForm {
  const [length, ...others] = inputShape;
  if (index > 0) {
    throw new EdgepropError(
      "bad-shape",
      `layers[${index}]: an embedding layer takes tokens, the model's inputs; it can only be layers[0]`,
    );
  }
  if (length === undefined || others.length > 0) {
    throw new EdgepropError(
      "bad-shape",
      `layers[${index}]: an embedding layer takes examples of shape [length]; found [${inputShape.join(", ")}]`,
    );
  }
  const shape = [vocabularySize, units];
  return {
    outputShape: [length, units],
    params: [{ name: "weights", shape, initial: { kind: "normal" }, isTrained: true }],
  };
}
