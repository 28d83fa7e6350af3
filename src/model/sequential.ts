import { parseModelSpec } from "./parse-model.ts";
import type { LayerSpec, ModelSpec } from "./spec.ts";

/** Layers one after the other. Throws `bad-option` or `bad-shape`, naming the layer. */
export function sequential(
  { input }: { readonly input: readonly number[] },
  layers: readonly LayerSpec[],
): ModelSpec {
  return parseModelSpec({ input, layers });
}
