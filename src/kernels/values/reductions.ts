import { loadPart, promoteHigh, storePart, sum64 } from "../math/lanes";

/** out[j] = sum_i values[i][j] over (rows, columns) with `stride` elements from row to row: the bias's part of A^T G. */
export function columnSums(rows: i32, columns: i32, stride: i32, values: usize, out: usize): void {
  const step = <usize>stride * 4;
  for (; columns > 0; columns -= 4) {
    let sum = f32x4.splat(0);
    let from = values;
    for (let row: i32 = 0; row < rows; row++) {
      sum = f32x4.add(sum, columns >= 4 ? v128.load(from) : loadPart(from, columns));
      from += step;
    }
    if (columns >= 4) v128.store(out, sum);
    else storePart(out, columns, sum);
    values += 16;
    out += 16;
  }
}

/** labels[i] (int32) = the column of the largest value of row i; the first among equals. */
export function argmaxRows(rows: i32, columns: i32, values: usize, labels: usize): void {
  for (let row: i32 = 0; row < rows; row++) {
    store<i32>(labels, argmax(columns, values));
    values += <usize>columns * 4;
    labels += 4;
  }
}

/** How many rows of values (rows, columns) have their largest value at their label (int32). */
export function countCorrect(rows: i32, columns: i32, values: usize, labels: usize): i32 {
  let correct: i32 = 0;
  for (let row: i32 = 0; row < rows; row++) {
    correct += <i32>(argmax(columns, values) == load<i32>(labels));
    values += <usize>columns * 4;
    labels += 4;
  }
  return correct;
}

function argmax(count: i32, values: usize): i32 {
  let best: i32 = 0;
  let largest = load<f32>(values);
  for (let i: i32 = 1; i < count; i++) {
    const value = load<f32>(values + <usize>i * 4);
    if (value > largest) {
      largest = value;
      best = i;
    }
  }
  return best;
}

/** Index of the first NaN or infinity, or -1. */
export function firstNonFinite(count: i32, values: usize): i32 {
  let index: i32 = 0;
  const zero = f32x4.splat(0);
  for (; index + 16 <= count; index += 16) {
    // x - x is zero for finite x and NaN for the others.
    const a = differenceToSelf(values);
    const b = differenceToSelf(values + 16);
    const c = differenceToSelf(values + 32);
    const d = differenceToSelf(values + 48);
    if (v128.any_true(f32x4.ne(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)), zero))) break;
    values += 64;
  }
  for (; index < count; index++) {
    if (!isFinite(load<f32>(values))) return index;
    values += 4;
  }
  return -1;
}

function differenceToSelf(values: usize): v128 {
  const lanes = v128.load(values);
  return f32x4.sub(lanes, lanes);
}

/** Index of the first int32 outside [0, limit), or -1. */
export function firstOutside(count: i32, limit: i32, labels: usize): i32 {
  for (let index: i32 = 0; index < count; index++) {
    if (<u32>load<i32>(labels) >= <u32>limit) return index;
    labels += 4;
  }
  return -1;
}

/** Index of the first float32 that is negative, NaN or infinite, and so cannot be a weight; or -1. */
export function firstNoWeight(count: i32, values: usize): i32 {
  for (let index: i32 = 0; index < count; index++) {
    const value = load<f32>(values);
    if (!(value >= 0 && value < Infinity)) return index;
    values += 4;
  }
  return -1;
}

/** The largest |value|; NaN when any is NaN. Without their signs, float32 order as integers, NaN above infinity. */
export function largestMagnitude(count: i32, values: usize): f32 {
  const unsigned = i32x4.splat(0x7fffffff);
  let largest4 = i32x4.splat(0);
  for (; count >= 4; count -= 4) {
    largest4 = i32x4.max_s(largest4, v128.and(v128.load(values), unsigned));
    values += 16;
  }
  let largest = max(
    max(i32x4.extract_lane(largest4, 0), i32x4.extract_lane(largest4, 1)),
    max(i32x4.extract_lane(largest4, 2), i32x4.extract_lane(largest4, 3)),
  );
  for (; count > 0; count--) {
    largest = max(largest, load<i32>(values) & 0x7fffffff);
    values += 4;
  }
  return reinterpret<f32>(largest);
}

/** The sum of values^2, in float64, where no square of a float32 overflows. */
export function sumOfSquares(count: i32, values: usize): f64 {
  let low = f64x2.splat(0);
  let high = low;
  for (; count > 0; count -= 4) {
    const lanes = count >= 4 ? v128.load(values) : loadPart(values, count);
    const first = f64x2.promote_low_f32x4(lanes);
    const second = promoteHigh(lanes);
    low = f64x2.add(low, f64x2.mul(first, first));
    high = f64x2.add(high, f64x2.mul(second, second));
    values += 16;
  }
  return sum64(f64x2.add(low, high));
}
