import * as tf from "@tensorflow/tfjs-core";
import type { Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import type { Loss } from "../model/index.ts";

/** Each example's loss (rows), and the gradient of their mean with respect to the outputs (rows, columns). */
export interface LossTensors {
  readonly losses: Tensor1D;
  readonly gradient: Tensor2D;
}

/** `targets`: class indices int32 (rows) for softmaxCrossEntropy, values (rows, columns) for the others. */
export function lossOf(loss: Loss, outputs: Tensor2D, targets: Tensor): LossTensors {
  switch (loss) {
    case "softmaxCrossEntropy":
      return softmaxCrossEntropy(outputs, targets);
    case "sigmoidCrossEntropy":
      return sigmoidCrossEntropy(outputs, targets);
    case "meanSquaredError":
      return meanSquaredError(outputs, targets);
    default:
      return loss satisfies never;
  }
}

/** log sum_j e^z_j - z_label, of values less their row's largest, so that no e^z overflows. */
function softmaxCrossEntropy(outputs: Tensor2D, labels: Tensor): LossTensors {
  const [rows, columns] = outputs.shape;
  // Not tf.oneHot: it refuses a single class, and on tfjs's wasm backend a dtype of its own.
  const isLabel = tf.cast(
    tf.equal(tf.reshape(labels, [rows, 1]), tf.range(0, columns, 1, "int32")),
    "float32",
  );
  const shifted = tf.sub(outputs, tf.max(outputs, 1, true));
  const powers = tf.exp(shifted);
  const sums = tf.sum(powers, 1, true);
  const losses: Tensor1D = tf.sub(tf.log(tf.squeeze(sums, [1])), tf.sum(tf.mul(shifted, isLabel), 1));
  return { losses, gradient: tf.div(tf.sub(tf.div(powers, sums), isLabel), rows) };
}

/** Sum over columns of max(z, 0) - z t + log(1 + e^-|z|). */
function sigmoidCrossEntropy(outputs: Tensor2D, targets: Tensor): LossTensors {
  const [rows] = outputs.shape;
  const tail = tf.log1p(tf.exp(tf.neg(tf.abs(outputs))));
  const each = tf.add(tf.sub(tf.relu(outputs), tf.mul(outputs, targets)), tail);
  return { losses: tf.sum(each, 1), gradient: tf.div(tf.sub(tf.sigmoid(outputs), targets), rows) };
}

/** Mean over columns of (a - t)^2. */
function meanSquaredError(outputs: Tensor2D, targets: Tensor): LossTensors {
  const [rows, columns] = outputs.shape;
  const errors: Tensor2D = tf.sub(outputs, targets);
  return { losses: tf.mean(tf.square(errors), 1), gradient: tf.mul(errors, 2 / (rows * columns)) };
}

/** The softmax or sigmoid of the outputs that the loss implies; meanSquaredError implies none. */
export function probabilitiesOf(loss: Loss, outputs: Tensor2D): Tensor2D {
  switch (loss) {
    case "softmaxCrossEntropy":
      return tf.softmax(outputs);
    case "sigmoidCrossEntropy":
      return tf.sigmoid(outputs);
    case "meanSquaredError":
      return outputs;
    default:
      return loss satisfies never;
  }
}

/** Of what has been read back. */
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
