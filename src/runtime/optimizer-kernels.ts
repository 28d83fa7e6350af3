import type { Address } from "./address.ts";

/** The update formulas of src/kernels/optimizers.ts. */
export interface OptimizerKernels {
  /** Each returns 1 when all new params are finite, else 0. */
  sgd(count: number, learningRate: number, weightDecay: number, direction: Address, params: Address): number;
  momentum(
    count: number,
    learningRate: number,
    momentum: number,
    isNesterov: number,
    weightDecay: number,
    direction: Address,
    velocity: Address,
    params: Address,
  ): number;
  adam(
    count: number,
    learningRate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    weightDecay: number,
    step: number,
    direction: Address,
    m: Address,
    v: Address,
    params: Address,
  ): number;

  adamw(
    count: number,
    learningRate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    weightDecay: number,
    step: number,
    direction: Address,
    m: Address,
    v: Address,
    params: Address,
  ): number;
  rmsprop(
    count: number,
    learningRate: number,
    keep: number,
    epsilon: number,
    weightDecay: number,
    direction: Address,
    v: Address,
    params: Address,
  ): number;
  adagrad(
    count: number,
    learningRate: number,
    epsilon: number,
    weightDecay: number,
    direction: Address,
    sum: Address,
    params: Address,
  ): number;
}
