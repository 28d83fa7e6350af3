import type { Address } from "./address.ts";

/**
 * The losses of src/kernels/training/losses.ts: each returns the sum of weight x loss over the examples and writes the gradient
 * of that sum / weightSum. Weights 0: each is 1.
 */
export interface LossKernels {
  /** What the losses of labelled examples are divided by. */
  sumOfWeights(rows: number, weights: Address, classWeights: Address, labelsInt32: Address): number;
  softmaxCrossEntropy(
    rows: number,
    columns: number,
    labelSmoothing: number,
    weightSum: number,
    outputs: Address,
    weights: Address,
    classWeights: Address,
    labelsInt32: Address,
    gradient: Address,
  ): number;
  softmaxCrossEntropyDense(
    rows: number,
    columns: number,
    labelSmoothing: number,
    weightSum: number,
    outputs: Address,
    weights: Address,
    targets: Address,
    gradient: Address,
  ): number;
  sigmoidCrossEntropy(
    rows: number,
    columns: number,
    weightSum: number,
    outputs: Address,
    weights: Address,
    targets: Address,
    gradient: Address,
  ): number;
  meanSquaredError(
    rows: number,
    columns: number,
    weightSum: number,
    outputs: Address,
    weights: Address,
    targets: Address,
    gradient: Address,
  ): number;
  huber(
    rows: number,
    columns: number,
    delta: number,
    weightSum: number,
    outputs: Address,
    weights: Address,
    targets: Address,
    gradient: Address,
  ): number;

  /** The softmax of every row, in place. */
  softmaxRows(rows: number, columns: number, values: Address): void;
}
