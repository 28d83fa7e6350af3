import * as tf from "@tensorflow/tfjs-core";
import type { Tensor1D } from "@tensorflow/tfjs-core";
import type { Optimizer, OptimizerSpec } from "../../kinds/optimizer-type.ts";
import type { AdamOptimizer, allOptimizers, SgdOptimizer } from "../../optimizers/index.ts";

/*
 * PyTorch's update formulas on all params at once, as one flat tensor in layout order: one launch an operation, not
 * one for each layer's weights and bias. The direction d takes the place of the gradient, and the L2 penalty
 * weightDecay x params is added to it. All of it runs inside the caller's tf.tidy.
 */

/** The params and what the optimizer keeps for them: tensors of the same length, in the order of its names. */
export type ParamsAndState = { params: Tensor1D; state: Tensor1D[] };

interface Update extends ParamsAndState {
  readonly direction: Tensor1D;
  /** From 1. */
  readonly step: number;
  readonly learningRate: number;
}

type Apply = (spec: OptimizerSpec, update: Update) => ParamsAndState;

/** What the trainer on tfjs knows, by name; it refuses the others. */
export const tfjsOptimizers: Partial<Record<keyof typeof allOptimizers, Apply>> = {
  sgd: (spec, update) => applySgd(spec as SgdOptimizer, update),
  adam: (spec, update) => applyAdam(spec as AdamOptimizer, update),
};

/** The next params and state. */
export function applyDirection({ spec }: Optimizer, update: Update): ParamsAndState {
  const known: Readonly<Record<string, Apply | undefined>> = tfjsOptimizers;
  const apply = known[spec.name];
  if (apply === undefined) throw new RangeError(`the trainer on tfjs has no optimizer "${spec.name}"`);
  return apply(spec, update);
}

/** The direction with the L2 penalty added to it. */
function decayed({ params, direction }: Update, weightDecay: number): Tensor1D {
  return weightDecay === 0 ? direction : tf.add(direction, tf.mul(params, weightDecay));
}

/** v = momentum v + d; params -= learningRate (nesterov ? d + momentum v : v) */
function applySgd({ momentum, nesterov, weightDecay }: SgdOptimizer, update: Update): ParamsAndState {
  const {
    params,
    state: [velocity],
    learningRate,
  } = update;
  const d = decayed(update, weightDecay);
  const v: Tensor1D = velocity === undefined ? d : tf.add(tf.mul(velocity, momentum), d);
  const move = nesterov ? tf.add(d, tf.mul(v, momentum)) : v;
  const next: Tensor1D = tf.sub(params, tf.mul(move, learningRate));
  return { params: next, state: velocity === undefined ? [] : [v] };
}

/**
 * m = beta1 m + (1 - beta1) d; v = beta2 v + (1 - beta2) d^2;
 * params -= learningRate / (1 - beta1^step) m / (sqrt(v) / sqrt(1 - beta2^step) + epsilon)
 */
function applyAdam({ beta1, beta2, epsilon, weightDecay }: AdamOptimizer, update: Update): ParamsAndState {
  const {
    params,
    state: [moment1 = params, moment2 = params],
    learningRate,
    step,
  } = update;
  const d = decayed(update, weightDecay);
  const m: Tensor1D = tf.add(tf.mul(moment1, beta1), tf.mul(d, 1 - beta1));
  const v: Tensor1D = tf.add(tf.mul(moment2, beta2), tf.mul(tf.square(d), 1 - beta2));
  const divisor = tf.add(tf.mul(tf.sqrt(v), 1 / Math.sqrt(1 - beta2 ** step)), epsilon);
  const rate = learningRate / (1 - beta1 ** step);
  const next: Tensor1D = tf.sub(params, tf.mul(tf.div(m, divisor), rate));
  return { params: next, state: [m, v] };
}
