import { callExp4, exp4 } from "../math/exp";
import { loadPart, promoteHigh, storePart, sum64 } from "../math/lanes";
import { exp64, log64 } from "../math/math64";

/*
 * Each loss returns sum_i w_i l_i over the examples (float64) and writes the gradient of their weighted mean,
 * sum_i w_i l_i / weightSum, with respect to `outputs` (rows, columns), which lie densely. `weights`: float32 (rows), or
 * 0 where each is 1; the caller knows their sum. A weight of 0 leaves its example out, whatever its outputs are.
 */

function weightOf(row: i32, weights: usize): f64 {
  return weights == 0 ? 1 : <f64>load<f32>(weights + <usize>row * 4);
}

/** Returns 0 for a batch whose weights are all 0, so that its gradient is zero. */
function inverseOf(weightSum: f64): f64 {
  return weightSum > 0 ? 1 / weightSum : 0;
}

/**
 * sum_i w_i c_label(i): what the losses of labelled examples are divided by. weights w float32 (rows), classWeights c
 * float32, each 0 where all are 1; labels int32 (rows).
 */
export function sumOfWeights(rows: i32, weights: usize, classWeights: usize, labels: usize): f64 {
  let sum: f64 = 0;
  for (let row: i32 = 0; row < rows; row++) {
    sum += weightOf(row, weights) * weightOf(classWeights == 0 ? 0 : load<i32>(labels), classWeights);
    labels += 4;
  }
  return sum;
}

/**
 * Returns sum_i w_i l_i over the rows and writes the gradient of that sum / weightSum; weights w float32 (rows), or 0
 * where each is 1. l = sum_j c_j t_j (log sum_k e^z_k - z_j), with the smoothed targets t = (1 - labelSmoothing)
 * [j is the label] + labelSmoothing / columns. Labels are int32 in [0, columns); classWeights c float32 (columns), or 0
 * where each is 1.
 */
export function softmaxCrossEntropy(
  rows: i32,
  columns: i32,
  labelSmoothing: f64,
  classWeights: usize,
  weightSum: f64,
  outputs: usize,
  weights: usize,
  labels: usize,
  gradient: usize,
): f64 {
  const inverse = inverseOf(weightSum);
  let lossSum: f64 = 0;
  for (let row: i32 = 0; row < rows; row++) {
    const label = load<i32>(labels);
    const weight = weightOf(row, weights);
    if (weight == 0) clearRow(columns, gradient);
    else if (labelSmoothing == 0) {
      const labelWeight = weight * weightOf(label, classWeights);
      lossSum += labelWeight * labelRow(columns, label, labelWeight * inverse, outputs, gradient);
    } else {
      const factor = weight * inverse;
      lossSum +=
        weight * targetsRow(columns, labelSmoothing, label, factor, outputs, classWeights, 0, gradient);
    }
    outputs += <usize>columns * 4;
    gradient += <usize>columns * 4;
    labels += 4;
  }
  return lossSum;
}

/**
 * softmaxCrossEntropy for float32 targets (rows, columns): t = (1 - labelSmoothing) target + labelSmoothing /
 * columns.
 */
export function softmaxCrossEntropyDense(
  rows: i32,
  columns: i32,
  labelSmoothing: f64,
  weightSum: f64,
  outputs: usize,
  weights: usize,
  targets: usize,
  gradient: usize,
): f64 {
  const inverse = inverseOf(weightSum);
  const rowBytes = <usize>columns * 4;
  let lossSum: f64 = 0;
  for (let row: i32 = 0; row < rows; row++) {
    const weight = weightOf(row, weights);
    if (weight == 0) clearRow(columns, gradient);
    else {
      const factor = weight * inverse;
      lossSum += weight * targetsRow(columns, labelSmoothing, -1, factor, outputs, 0, targets, gradient);
    }
    outputs += rowBytes;
    gradient += rowBytes;
    targets += rowBytes;
  }
  return lossSum;
}

/** log sum_j e^z_j - z_label; gradient = factor (softmax(z) - [j is the label]) */
function labelRow(columns: i32, label: i32, factor: f64, outputs: usize, gradient: usize): f64 {
  const largest = largestOf(columns, outputs);
  const sum = shiftedExps(columns, largest, outputs, gradient);
  const at = <usize>label * 4;
  scale(columns, <f32>(<f64>(<f32>factor) / sum), gradient);
  store<f32>(gradient + at, load<f32>(gradient + at) - <f32>factor);
  return log64(sum) - (<f64>load<f32>(outputs + at) - <f64>largest);
}

/** sum_j u_j (log sum_k e^z_k - z_j), u = c t; gradient = factor (softmax(z) sum_j u_j - u) */
function targetsRow(
  columns: i32,
  labelSmoothing: f64,
  label: i32,
  factor: f64,
  outputs: usize,
  classWeights: usize,
  targets: usize,
  gradient: usize,
): f64 {
  const largest = largestOf(columns, outputs);
  const sum = shiftedExps(columns, largest, outputs, gradient);
  const floor = labelSmoothing / <f64>columns;
  let total: f64 = 0;
  let product: f64 = 0;
  for (let j: i32 = 0; j < columns; j++) {
    const u = targetOf(j, labelSmoothing, floor, label, classWeights, targets);
    total += u;
    if (u != 0) product += u * (<f64>load<f32>(outputs + <usize>j * 4) - <f64>largest);
  }
  const perPower = total / sum;
  for (let j: i32 = 0; j < columns; j++) {
    const u = targetOf(j, labelSmoothing, floor, label, classWeights, targets);
    const power = <f64>load<f32>(gradient + <usize>j * 4);
    store<f32>(gradient + <usize>j * 4, <f32>(factor * (power * perPower - u)));
  }
  return log64(sum) * total - product;
}

function targetOf(
  column: i32,
  labelSmoothing: f64,
  floor: f64,
  label: i32,
  classWeights: usize,
  targets: usize,
): f64 {
  const target: f64 = targets == 0 ? (column == label ? 1 : 0) : <f64>load<f32>(targets + <usize>column * 4);
  return weightOf(column, classWeights) * ((1 - labelSmoothing) * target + floor);
}

function clearRow(columns: i32, gradient: usize): void {
  memory.fill(gradient, 0, <usize>columns * 4);
}

function largestOf(count: i32, values: usize): f32 {
  let largest = load<f32>(values);
  for (let i: i32 = 1; i < count; i++) largest = max(largest, load<f32>(values + <usize>i * 4));
  return largest;
}

/** out = e^(values - shift); out may be the same memory as values. Returns the sum. */
function shiftedExps(count: i32, shift: f32, values: usize, out: usize): f64 {
  const shifts = f32x4.splat(shift);
  let sum = f64x2.splat(0);
  for (; count >= 4; count -= 4) {
    const powers = exp4(f32x4.sub(v128.load(values), shifts));
    v128.store(out, powers);
    sum = f64x2.add(sum, f64x2.add(f64x2.promote_low_f32x4(powers), promoteHigh(powers)));
    values += 16;
    out += 16;
  }
  let total = sum64(sum);
  if (count > 0) {
    storePart(out, count, callExp4(f32x4.sub(loadPart(values, count), shifts)));
    for (; count > 0; count--) {
      total += <f64>load<f32>(out);
      out += 4;
    }
  }
  return total;
}

function scale(count: i32, factor: f32, values: usize): void {
  for (; count > 0; count--) {
    store<f32>(values, load<f32>(values) * factor);
    values += 4;
  }
}

/** values = e^z_j / sum_k e^z_k for each row, in place; dense (rows, columns). */
export function softmaxRows(rows: i32, columns: i32, values: usize): void {
  for (let row: i32 = 0; row < rows; row++) {
    const sum = shiftedExps(columns, largestOf(columns, values), values, values);
    scale(columns, <f32>(1 / sum), values);
    values += <usize>columns * 4;
  }
}

/** l = sum over columns of log(1 + e^z) - z t; targets t in [0, 1] are float32 (rows, columns). */
export function sigmoidCrossEntropy(
  rows: i32,
  columns: i32,
  weightSum: f64,
  outputs: usize,
  weights: usize,
  targets: usize,
  gradient: usize,
): f64 {
  const inverse = inverseOf(weightSum);
  let lossSum: f64 = 0;
  for (let row: i32 = 0; row < rows; row++) {
    const weight = weightOf(row, weights);
    const factor = weight * inverse;
    let rowSum: f64 = 0;
    for (let column: i32 = 0; column < columns; column++) {
      const z = <f64>load<f32>(outputs);
      const t = <f64>load<f32>(targets);
      const e = exp64(-abs(z));
      rowSum += max(z, 0) - z * t + log64(1 + e);
      store<f32>(gradient, <f32>(((z >= 0 ? 1 : e) / (1 + e) - t) * factor));
      outputs += 4;
      targets += 4;
      gradient += 4;
    }
    if (weight == 0) clearRow(columns, gradient - <usize>columns * 4);
    else lossSum += weight * rowSum;
  }
  return lossSum;
}

/** l = mean over columns of (a - t)^2; targets t are float32 (rows, columns). */
export function meanSquaredError(
  rows: i32,
  columns: i32,
  weightSum: f64,
  outputs: usize,
  weights: usize,
  targets: usize,
  gradient: usize,
): f64 {
  const inverse = inverseOf(weightSum * <f64>columns);
  let lossSum: f64 = 0;
  for (let row: i32 = 0; row < rows; row++) {
    const weight = weightOf(row, weights);
    const factor = 2 * weight * inverse;
    let rowSum: f64 = 0;
    for (let column: i32 = 0; column < columns; column++) {
      const error = <f64>load<f32>(outputs) - <f64>load<f32>(targets);
      rowSum += error * error;
      store<f32>(gradient, <f32>(error * factor));
      outputs += 4;
      targets += 4;
      gradient += 4;
    }
    if (weight == 0) clearRow(columns, gradient - <usize>columns * 4);
    else lossSum += weight * rowSum;
  }
  return lossSum / <f64>columns;
}

/**
 * l = mean over columns of e^2 / 2 where |e| <= delta, else delta (|e| - delta / 2), with e = a - t (Huber 1964);
 * targets t are float32 (rows, columns).
 */
export function huber(
  rows: i32,
  columns: i32,
  delta: f64,
  weightSum: f64,
  outputs: usize,
  weights: usize,
  targets: usize,
  gradient: usize,
): f64 {
  const inverse = inverseOf(weightSum * <f64>columns);
  let lossSum: f64 = 0;
  for (let row: i32 = 0; row < rows; row++) {
    const weight = weightOf(row, weights);
    const factor = weight * inverse;
    let rowSum: f64 = 0;
    for (let column: i32 = 0; column < columns; column++) {
      const error = <f64>load<f32>(outputs) - <f64>load<f32>(targets);
      const bounded = max(-delta, min(delta, error));
      rowSum += bounded * (error - 0.5 * bounded);
      store<f32>(gradient, <f32>(bounded * factor));
      outputs += 4;
      targets += 4;
      gradient += 4;
    }
    if (weight == 0) clearRow(columns, gradient - <usize>columns * 4);
    else lossSum += weight * rowSum;
  }
  return lossSum / <f64>columns;
}
