import * as tf from "@tensorflow/tfjs-core";
import type { Tensor1D } from "@tensorflow/tfjs-core";
import type { AdamOptimizer, SgdOptimizer } from "../training/index.ts";
import type { TfjsOptimizer } from "./supported.ts";

/*
 * PyTorch's update formulas on all params at once, as one flat tensor in layout order: one launch an operation, not
 * one for each layer's weights and bias. The direction d takes the place of the gradient, and the L2 penalty
 * weightDecay x params is added to it. All of it runs inside the caller's tf.tidy.
 */

/** The params and what the optimizer keeps for them: `statesOf` tensors of the same length. */
export type ParamsAndState = { params: Tensor1D; state: Tensor1D[] };

export function statesOf(optimizer: TfjsOptimizer): number {
  switch (optimizer.name) {
    case "sgd":
      return optimizer.momentum === 0 ? 0 : 1;
    case "adam":
      return 2;
    default:
      return optimizer satisfies never;
  }
}

/** The next params and state, at learningRate x rateFactor; `step` counts from 1. */
export function applyDirection(
  optimizer: TfjsOptimizer,
  {
    params,
    state,
    direction,
    step,
    rateFactor,
  }: ParamsAndState & { readonly direction: Tensor1D; readonly step: number; readonly rateFactor: number },
): ParamsAndState {
  const { weightDecay } = optimizer;
  const learningRate = optimizer.learningRate * rateFactor;
  const d: Tensor1D = weightDecay === 0 ? direction : tf.add(direction, tf.mul(params, weightDecay));
  switch (optimizer.name) {
    case "sgd":
      return applySgd({ ...optimizer, learningRate }, { params, state, d });
    case "adam":
      return applyAdam({ ...optimizer, learningRate }, { params, state, d, step });
    default:
      return optimizer satisfies never;
  }
}

/** v = momentum v + d; params -= learningRate (nesterov ? d + momentum v : v) */
function applySgd(
  { learningRate, momentum, nesterov }: SgdOptimizer,
  { params, state: [velocity], d }: ParamsAndState & { readonly d: Tensor1D },
): ParamsAndState {
  const v: Tensor1D = velocity === undefined ? d : tf.add(tf.mul(velocity, momentum), d);
  const move = nesterov ? tf.add(d, tf.mul(v, momentum)) : v;
  const next: Tensor1D = tf.sub(params, tf.mul(move, learningRate));
  return { params: next, state: velocity === undefined ? [] : [v] };
}

/**
 * m = beta1 m + (1 - beta1) d; v = beta2 v + (1 - beta2) d^2;
 * params -= learningRate / (1 - beta1^step) m / (sqrt(v) / sqrt(1 - beta2^step) + epsilon)
 */
function applyAdam(
  { learningRate, beta1, beta2, epsilon }: AdamOptimizer,
  {
    params,
    state: [moment1 = params, moment2 = params],
    d,
    step,
  }: ParamsAndState & { readonly d: Tensor1D; readonly step: number },
): ParamsAndState {
  const m: Tensor1D = tf.add(tf.mul(moment1, beta1), tf.mul(d, 1 - beta1));
  const v: Tensor1D = tf.add(tf.mul(moment2, beta2), tf.mul(tf.square(d), 1 - beta2));
  const divisor = tf.add(tf.mul(tf.sqrt(v), 1 / Math.sqrt(1 - beta2 ** step)), epsilon);
  const rate = learningRate / (1 - beta1 ** step);
  const next: Tensor1D = tf.sub(params, tf.mul(tf.div(m, divisor), rate));
  return { params: next, state: [m, v] };
}
