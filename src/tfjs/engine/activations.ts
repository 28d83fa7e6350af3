import * as tf from "@tensorflow/tfjs-core";
import type { Tensor2D } from "@tensorflow/tfjs-core";
import type { ActivationName } from "../../activations/index.ts";

/** An activation on tensors, whose slope is known from a alone. */
export interface TfjsActivation {
  /** a = sigma(z) */
  value(z: Tensor2D): Tensor2D;
  /** gradient x sigma'(z) */
  backward(gradient: Tensor2D, a: Tensor2D): Tensor2D;
}

/** What the trainer on tfjs knows, by name; it refuses the others. */
export const tfjsActivations: Partial<Record<ActivationName, TfjsActivation>> = {
  linear: { value: (z) => z, backward: (gradient) => gradient },
  relu: { value: (z) => tf.relu(z), backward: (gradient, a) => tf.mul(gradient, tf.step(a)) },
  tanh: {
    value: (z) => tf.tanh(z),
    backward: (gradient, a) => tf.mul(gradient, tf.sub(1, tf.square(a))),
  },
  sigmoid: {
    value: (z) => tf.sigmoid(z),
    backward: (gradient, a) => tf.mul(gradient, tf.mul(a, tf.sub(1, a))),
  },
};

/** The activation of a layer that was not refused. */
export function activationOf(name: string): TfjsActivation {
  const known: Readonly<Record<string, TfjsActivation | undefined>> = tfjsActivations;
  const found = known[name];
  if (found === undefined) throw new RangeError(`the trainer on tfjs has no activation "${name}"`);
  return found;
}
