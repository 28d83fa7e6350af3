import { exp4 } from "./exp";
import { loadPart, promoteHigh, storePart, sum64 } from "./lanes";

/*
 * Each loss returns the sum over the examples (float64) and writes the gradient of their mean with respect to
 * `outputs` (rows, columns), which lie densely.
 */

/** log sum_j e^z_j - z_label; labels are int32 in [0, columns). */
export function softmaxCrossEntropy(
  rows: i32,
  columns: i32,
  outputs: usize,
  labels: usize,
  gradient: usize,
): f64 {
  const inverse = <f32>1 / <f32>rows;
  let lossSum: f64 = 0;
  for (let row: i32 = 0; row < rows; row++) {
    const largest = largestOf(columns, outputs);
    const sum = shiftedExps(columns, largest, outputs, gradient);
    const label = <usize>load<i32>(labels) * 4;
    lossSum += NativeMath.log(sum) - (<f64>load<f32>(outputs + label) - <f64>largest);
    scale(columns, <f32>(<f64>inverse / sum), gradient);
    store<f32>(gradient + label, load<f32>(gradient + label) - inverse);
    outputs += <usize>columns * 4;
    gradient += <usize>columns * 4;
    labels += 4;
  }
  return lossSum;
}

function largestOf(count: i32, values: usize): f32 {
  let largest = load<f32>(values);
  for (let i: i32 = 1; i < count; i++) largest = max(largest, load<f32>(values + <usize>i * 4));
  return largest;
}

/** out = e^(values - shift), which may lie where the values do; returns its sum. */
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
    storePart(out, count, exp4(f32x4.sub(loadPart(values, count), shifts)));
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

/** Sum over columns of log(1 + e^z) - z t; targets t in [0, 1] are float32 (rows, columns). */
export function sigmoidCrossEntropy(
  rows: i32,
  columns: i32,
  outputs: usize,
  targets: usize,
  gradient: usize,
): f64 {
  const inverse = 1 / <f64>rows;
  let lossSum: f64 = 0;
  for (let i: i32 = rows * columns; i > 0; i--) {
    const z = <f64>load<f32>(outputs);
    const t = <f64>load<f32>(targets);
    const e = NativeMath.exp(-abs(z));
    lossSum += max(z, 0) - z * t + NativeMath.log(1 + e);
    store<f32>(gradient, <f32>(((z >= 0 ? 1 : e) / (1 + e) - t) * inverse));
    outputs += 4;
    targets += 4;
    gradient += 4;
  }
  return lossSum;
}

/** Mean over columns of (a - t)^2; targets t are float32 (rows, columns). */
export function meanSquaredError(
  rows: i32,
  columns: i32,
  outputs: usize,
  targets: usize,
  gradient: usize,
): f64 {
  const factor = 2 / (<f64>rows * <f64>columns);
  let sum: f64 = 0;
  for (let i: i32 = rows * columns; i > 0; i--) {
    const error = <f64>load<f32>(outputs) - <f64>load<f32>(targets);
    sum += error * error;
    store<f32>(gradient, <f32>(error * factor));
    outputs += 4;
    targets += 4;
    gradient += 4;
  }
  return sum / <f64>columns;
}
