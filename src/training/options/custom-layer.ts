import { EdgepropError } from "../../errors.ts";
import type { ModelSpec } from "../../model/index.ts";

/**
 * The code of a `custom` layer. Both functions compute in place, synchronously, from and into float32 views that are
 * valid until they return; they write only what is said to be written, and keep nothing between calls: then the
 * trainer stays as deterministic as they are.
 */
export interface CustomLayer {
  /** Writes `outputs`. */
  forward(context: CustomForward): void;
  /** Adds to `direction` and, unless it is null, to `inputGradient`; both are zeros on entry. */
  backward(context: CustomBackward): void;
}

export interface CustomForward {
  /** Examples of the batch: every tensor of activations is (examples, values an example), row-major. */
  readonly examples: number;
  readonly settings: Readonly<Record<string, unknown>>;
  /** False in evaluation and prediction. */
  readonly isTraining: boolean;
  readonly inputs: Float32Array;
  readonly outputs: Float32Array;
  /** By name, flat. */
  readonly params: Readonly<Record<string, Float32Array>>;
}

export interface CustomBackward extends CustomForward {
  /** dL/da of the outputs, L being the mean over the batch. */
  readonly outputGradient: Float32Array;
  /** dL/da of the inputs; null where nothing before this layer trains. */
  readonly inputGradient: Float32Array | null;
  /** dL/dparam by the param's name. */
  readonly direction: Readonly<Record<string, Float32Array>>;
}

/** By the names in the model. */
export type CustomLayers = Readonly<Record<string, CustomLayer>>;

/** Throws `unsupported` for a custom layer whose code is not given, `bad-option` for code that has no such functions. */
export function checkCustomLayers(model: ModelSpec, customLayers: CustomLayers = {}): void {
  for (const [index, spec] of model.layers.entries()) {
    if (spec.type !== "custom") continue;
    const { name } = spec;
    const code = customLayerOf(name, customLayers);
    if (code === null) {
      throw new EdgepropError(
        "unsupported",
        `layers[${index}] is the custom layer "${name}", whose code is not here; give createTrainer or restoreTrainer the option customLayers: { ${name}: { forward, backward } }`,
      );
    }
    if (typeof code.forward !== "function" || typeof code.backward !== "function")
      throw new EdgepropError("bad-option", `customLayers.${name} needs the functions forward and backward`);
  }
}

export function customLayerOf(name: string, customLayers: CustomLayers = {}): CustomLayer | null {
  return Object.hasOwn(customLayers, name) ? (customLayers[name] ?? null) : null;
}
