import { checkOptions } from "../checks/check-options.ts";
import { parseModelSpec } from "./parse-model.ts";
import type { LayerSpec, ModelSpec } from "./spec.ts";

/** Layers one after the other. Throws `bad-option` or `bad-shape`, naming the layer. */
export function sequential(
  options: { readonly input: readonly number[] },
  layers: readonly LayerSpec[],
): ModelSpec {
  const { input } = checkOptions(options, "sequential", ["input"]);
  return parseModelSpec({ input, layers });
}
