import * as tf from "@tensorflow/tfjs-core";
import type { Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import type { BoundLoss, LossSpec } from "../../kinds/loss-type.ts";
import type { HuberLoss, LossName, SoftmaxCrossEntropyLoss } from "../../losses/index.ts";

/** Each example's weight x loss (rows), and the gradient of their sum / weightSum with respect to the outputs (rows, columns). */
export interface LossTensors {
  readonly losses: Tensor1D;
  readonly gradient: Tensor2D;
}

export interface LossBatch {
  readonly loss: BoundLoss;
  /** Class indices int32 (rows), or values (rows, columns). */
  readonly targets: Tensor;
  /** (rows); null: each is 1. */
  readonly weights: Tensor1D | null;
  readonly weightSum: number;
  /** One per class. */
  readonly classWeights?: readonly number[] | undefined;
}

export function lossOf(outputs: Tensor2D, batch: LossBatch): LossTensors {
  const { weights, weightSum } = batch;
  const { spec } = batch.loss;
  const known: Readonly<Record<string, SumOfLosses>> = tfjsLosses;
  const sum = known[spec.name];
  if (sum === undefined) throw new RangeError(`the trainer on tfjs has no loss "${spec.name}"`);
  const { losses, gradient } = sum(spec, outputs, batch);
  const weighted: Tensor2D =
    weights === null ? gradient : tf.mul(gradient, tf.reshape(weights, [outputs.shape[0], 1]));
  return {
    losses: weights === null ? losses : tf.mul(losses, weights),
    gradient: weightSum > 0 ? tf.div(weighted, weightSum) : tf.zerosLike(weighted),
  };
}

/** Each example's loss, and the gradient of their sum. */
type SumOfLosses = (spec: LossSpec, outputs: Tensor2D, batch: LossBatch) => LossTensors;

/** What the trainer on tfjs knows, by name; it refuses the others. */
export const tfjsLosses: Readonly<Record<LossName, SumOfLosses>> = {
  softmaxCrossEntropy: (spec, outputs, batch) =>
    softmaxCrossEntropy(outputs, softTargets(outputs, spec as SoftmaxCrossEntropyLoss, batch)),
  sigmoidCrossEntropy: (_, outputs, { targets }) => sigmoidCrossEntropy(outputs, targets),
  meanSquaredError: (_, outputs, { targets }) => meanSquaredError(outputs, targets),
  huber: (spec, outputs, { targets }) => huber(outputs, targets, (spec as HuberLoss).delta),
};

/** What each class is to get (rows, columns), smoothed and weighted. */
function softTargets(
  outputs: Tensor2D,
  { labelSmoothing, targets: kind }: SoftmaxCrossEntropyLoss,
  { targets, classWeights }: Pick<LossBatch, "targets" | "classWeights">,
): Tensor2D {
  const [rows, columns] = outputs.shape;
  // Not tf.oneHot: it refuses a single class, and on tfjs's wasm backend a dtype of its own.
  const hard: Tensor =
    kind === "probabilities"
      ? targets
      : tf.cast(tf.equal(tf.reshape(targets, [rows, 1]), tf.range(0, columns, 1, "int32")), "float32");
  const smooth =
    labelSmoothing === 0 ? hard : tf.add(tf.mul(hard, 1 - labelSmoothing), labelSmoothing / columns);
  return (classWeights === undefined ? smooth : tf.mul(smooth, tf.tensor1d([...classWeights]))) as Tensor2D;
}

/** sum_j t_j (log sum_k e^z_k - z_j), of values less their row's largest, so that no e^z overflows. */
function softmaxCrossEntropy(outputs: Tensor2D, targets: Tensor2D): LossTensors {
  const shifted = tf.sub(outputs, tf.max(outputs, 1, true));
  const powers = tf.exp(shifted);
  const sums = tf.sum(powers, 1, true);
  const total = tf.sum(targets, 1, true);
  const logSums = tf.squeeze<Tensor1D>(tf.mul(tf.log(sums), total), [1]);
  const losses: Tensor1D = tf.sub(logSums, tf.sum(tf.mul(shifted, targets), 1));
  return { losses, gradient: tf.sub(tf.mul(tf.div(powers, sums), total), targets) };
}

/** Sum over columns of max(z, 0) - z t + log(1 + e^-|z|). */
function sigmoidCrossEntropy(outputs: Tensor2D, targets: Tensor): LossTensors {
  const tail = tf.log1p(tf.exp(tf.neg(tf.abs(outputs))));
  const each = tf.add(tf.sub(tf.relu(outputs), tf.mul(outputs, targets)), tail);
  return { losses: tf.sum(each, 1), gradient: tf.sub(tf.sigmoid(outputs), targets) };
}

/** Mean over columns of (a - t)^2. */
function meanSquaredError(outputs: Tensor2D, targets: Tensor): LossTensors {
  const errors: Tensor2D = tf.sub(outputs, targets);
  return { losses: tf.mean(tf.square(errors), 1), gradient: tf.mul(errors, 2 / outputs.shape[1]) };
}

/** Mean over columns of c (e - c / 2) with c = e within +-delta. */
function huber(outputs: Tensor2D, targets: Tensor, delta: number): LossTensors {
  const errors: Tensor2D = tf.sub(outputs, targets);
  const bounded: Tensor2D = tf.clipByValue(errors, -delta, delta);
  const each = tf.mul(bounded, tf.sub(errors, tf.mul(bounded, 0.5)));
  return { losses: tf.mean(each, 1), gradient: tf.div(bounded, outputs.shape[1]) };
}

/** The softmax or sigmoid of the outputs that the loss implies; those of values imply none. */
export function probabilitiesOf({ type }: BoundLoss, outputs: Tensor2D): Tensor2D {
  if (type.outputs === "classes") return tf.softmax(outputs);
  return type.outputs === "logits" ? tf.sigmoid(outputs) : outputs;
}

/** The sum of values that have been read back. */
export function sumOf(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0);
}

/** (rows): how many outputs come before the label's, the larger ones and equal ones of a lower index. */
export function labelRanks(outputs: Tensor2D, labels: Tensor): Tensor1D {
  const [rows, columns] = outputs.shape;
  const classes = tf.range(0, columns, 1, "int32");
  const column = tf.reshape(labels, [rows, 1]);
  const isLabel = tf.cast(tf.equal(column, classes), "float32");
  const values = tf.sum(tf.mul(outputs, isLabel), 1, true);
  const isBefore = tf.logicalOr(
    tf.greater(outputs, values),
    tf.logicalAnd(tf.equal(outputs, values), tf.less(classes, column)),
  );
  return tf.sum(tf.cast(isBefore, "float32"), 1);
}
