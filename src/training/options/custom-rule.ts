import { EdgepropError } from "../../errors.ts";
import type { LossSpec, PlacedLayer } from "../../model/index.ts";

/**
 * An update rule that a user has written. It is a function and no JSON: no RunSpec and no layer carries it, and a
 * checkpoint keeps its title alone. Whatever it remembers between calls is not part of a checkpoint either.
 */
export interface CustomRule {
  readonly name: "custom";
  /** Names the rule in messages and checkpoints. */
  readonly title: string;
  /**
   * Called in every step, and for `trainer.direction`, for each trained layer with params that has no rule of its own,
   * from the last layer to the first. Changes `layer.direction` in place from the plain gradient to what the
   * optimizer is to get. What it throws ends the step with everything as it was.
   */
  direction(layer: LayerGradient): void;
}

/** One layer after backpropagation. The views are of the trainer's memory: valid during the call alone. */
export interface LayerGradient {
  /** The layer's place in the model, from 0. */
  readonly index: number;
  readonly type: PlacedLayer["spec"]["type"];
  /** The last layer whose params are linear in its input. */
  readonly isLast: boolean;
  /** n, the examples of the batch. */
  readonly examples: number;
  readonly loss: LossSpec["name"];
  /** Flat, in the order of `params`: the gradient of the loss, to be changed in place. */
  readonly direction: Float32Array;
  /**
   * Flat, not to be written: the weights, (in, out) for a dense layer and (kernelSize, kernelSize, channels, filters)
   * for a convolution, then the bias, (out); those of another layer as `paramsLayout` lists them.
   */
  readonly params: Float32Array;
  /** (examples, values of an input), row-major, not to be written: a_prev, images as (height, width, channels). */
  readonly inputs: Float32Array;
  /**
   * (examples, values of an output), row-major, not to be written: G = dL/dz of the preactivations z, L being the
   * (weighted) mean over the batch.
   */
  readonly outputGradient: Float32Array;
}

/** Throws `bad-option`. */
export function checkCustomRule(rule: CustomRule): void {
  const { title } = rule;
  if (typeof title === "string" && title !== "" && typeof rule.direction === "function") return;
  throw new EdgepropError(
    "bad-option",
    `a custom rule has the title ${JSON.stringify(title)} and a ${typeof rule.direction} as direction; expected a name and a function`,
  );
}
