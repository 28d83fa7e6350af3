import type { Address } from "./address.ts";

/** The update formulas of src/kernels/training/optimizers.ts and adaptive-optimizers.ts: direction (rows, columns), params and state with a stride. */
export interface OptimizerKernels {
  /** Each returns 1 when all new params are finite, else 0. */
  sgd(
    rows: number,
    columns: number,
    stride: number,
    learningRate: number,
    weightDecay: number,
    direction: Address,
    params: Address,
  ): number;
  momentum(
    rows: number,
    columns: number,
    stride: number,
    learningRate: number,
    momentum: number,
    isNesterov: number,
    weightDecay: number,
    direction: Address,
    velocity: Address,
    params: Address,
  ): number;
  adam(
    rows: number,
    columns: number,
    stride: number,
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
    rows: number,
    columns: number,
    stride: number,
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
    rows: number,
    columns: number,
    stride: number,
    learningRate: number,
    keep: number,
    epsilon: number,
    weightDecay: number,
    direction: Address,
    v: Address,
    params: Address,
  ): number;
  adagrad(
    rows: number,
    columns: number,
    stride: number,
    learningRate: number,
    epsilon: number,
    weightDecay: number,
    direction: Address,
    sum: Address,
    params: Address,
  ): number;
}
