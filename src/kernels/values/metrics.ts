import { loadPart, promoteHigh, sum64 } from "../math/lanes";

/**
 * ranks[i] (int32) = how many outputs of row i come before the label's: the larger ones, and equal ones of a lower
 * index. The label is among the k largest where its rank is below k.
 */
export function labelRanks(rows: i32, columns: i32, outputs: usize, labels: usize, ranks: usize): void {
  for (let row: i32 = 0; row < rows; row++) {
    store<i32>(ranks, rankOf(columns, load<i32>(labels), outputs));
    outputs += <usize>columns * 4;
    labels += 4;
    ranks += 4;
  }
}

function rankOf(columns: i32, label: i32, outputs: usize): i32 {
  const value = load<f32>(outputs + <usize>label * 4);
  const values = f32x4.splat(value);
  let rank: i32 = 0;
  let column: i32 = 0;
  for (; column + 4 <= label; column += 4) {
    rank += countLanes(f32x4.ge(v128.load(outputs), values));
    outputs += 16;
  }
  for (; column < label; column++) {
    rank += <i32>(load<f32>(outputs) >= value);
    outputs += 4;
  }
  for (; column + 4 <= columns; column += 4) {
    rank += countLanes(f32x4.gt(v128.load(outputs), values));
    outputs += 16;
  }
  for (; column < columns; column++) {
    rank += <i32>(load<f32>(outputs) > value);
    outputs += 4;
  }
  return rank;
}

function countLanes(mask: v128): i32 {
  return popcnt(i32x4.bitmask(mask));
}

/** Returns how many int32 values are below the limit. */
export function countBelow(count: i32, limit: i32, values: usize): i32 {
  let below: i32 = 0;
  for (; count > 0; count--) {
    below += <i32>(load<i32>(values) < limit);
    values += 4;
  }
  return below;
}

/** cells[i] (int32) = labels[i] x columns + cells[i]: from predicted classes to places in a confusion matrix. */
export function confusionCells(rows: i32, columns: i32, labels: usize, cells: usize): void {
  for (; rows > 0; rows--) {
    store<i32>(cells, load<i32>(labels) * columns + load<i32>(cells));
    labels += 4;
    cells += 4;
  }
}

/** Sum of |a - b| in float64. */
export function sumAbsoluteErrors(count: i32, a: usize, b: usize): f64 {
  let sum = f64x2.splat(0);
  for (; count >= 4; count -= 4) {
    sum = f64x2.add(sum, absoluteErrors(v128.load(a), v128.load(b)));
    a += 16;
    b += 16;
  }
  if (count > 0) sum = f64x2.add(sum, absoluteErrors(loadPart(a, count), loadPart(b, count)));
  return sum64(sum);
}

/** Two sums of two from four float32 lanes, exact in float64. */
function absoluteErrors(a: v128, b: v128): v128 {
  const low = f64x2.sub(f64x2.promote_low_f32x4(a), f64x2.promote_low_f32x4(b));
  const high = f64x2.sub(promoteHigh(a), promoteHigh(b));
  return f64x2.add(f64x2.abs(low), f64x2.abs(high));
}
