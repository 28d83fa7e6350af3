import { checkOptions } from "../checks/check-options.ts";
import type { LayerSpec } from "../kinds/layer-type.ts";
import type { Sets } from "../kinds/sets.ts";
import { parseModel } from "./model.ts";
import type { Model } from "./model.ts";

interface SequentialOptions {
  /** Shape of one example. */
  readonly input: readonly number[];
  /** What the layers, and the options that go with the model, are read with. */
  readonly sets: Sets;
}

/** Layers one after the other. Throws `bad-option`, `unsupported` or `bad-shape`, naming the layer. */
export function sequential(options: SequentialOptions, layers: readonly LayerSpec[]): Model {
  const { input, sets } = checkOptions(options, "sequential", ["input", "sets"]);
  return parseModel({ input, layers }, sets);
}
