import { fixedPointAdd } from "../values/fixed-point";
import { padded4 } from "../products/padding";

/*
 * A layer's statistics, sums over examples in 64-bit fixed point (units of 2^-32): [a, 1]^T [a, 1] as the rows of
 * its lower triangle, one after the other, and [a, 1]^T g. The products of each example are exact in float64, and each
 * is rounded to a unit, so that the sums are the same integers however the examples are spread over machines.
 */

/**
 * gram += [a, 1]^T [a, 1], its lower triangle row by row, and right += [a, 1]^T g, int64 sums in units of 2^-32; a is
 * (rows, inputs), g is (rows, outputs), both dense. gram: 0 for none. scratch: inputs + 1 values.
 */
export function addStatistics(
  rows: i32,
  inputs: i32,
  outputs: i32,
  a: usize,
  g: usize,
  scratch: usize,
  gram: usize,
  right: usize,
): void {
  for (; rows > 0; rows--) {
    for (let i: usize = 0; i < <usize>inputs; i++) store<f32>(scratch + i * 4, load<f32>(a + i * 4));
    store<f32>(scratch + <usize>inputs * 4, 1);
    let gramRow = gram;
    let rightRow = right;
    for (let i: i32 = 0; i <= inputs; i++) {
      const factor = <f64>load<f32>(scratch + <usize>i * 4);
      // Most pixels and half of all ReLU units are zero.
      if (factor != 0) {
        if (gram != 0) fixedPointAdd(i + 1, factor, scratch, gramRow);
        fixedPointAdd(outputs, factor, g, rightRow);
      }
      gramRow += <usize>(i + 1) * 8;
      rightRow += <usize>outputs * 8;
    }
    a += <usize>inputs * 4;
    g += <usize>outputs * 4;
  }
}

/** The index of the first of `count` int64 sums whose magnitude is not below `limit` units, or -1. */
export function firstBeyond(count: i32, limit: f64, sums: usize): i32 {
  for (let i: i32 = 0; i < count; i++) {
    if (!(abs(<f64>load<i64>(sums)) < limit)) return i;
    sums += 8;
  }
  return -1;
}

const perUnit: f64 = 1.0 / 4294967296.0;

/**
 * The float64 system of such int64 sums, (size, size) and (size, columns), as choleskyFactor and choleskySolve take
 * it.
 */
export function statisticsToSystem(
  size: i32,
  columns: i32,
  gramSums: usize,
  rightSums: usize,
  gram: usize,
  right: usize,
): void {
  const step = <usize>padded4(size) * 8;
  for (let j: usize = 0; j < <usize>size; j++) {
    for (let i: usize = 0; i <= j; i++) {
      store<f64>(gram + i * step + j * 8, <f64>load<i64>(gramSums) * perUnit);
      gramSums += 8;
    }
  }
  for (let column: i32 = 0; column < columns; column += 8) {
    for (let row: i32 = 0; row < size; row++) {
      const from = rightSums + (<usize>row * <usize>columns + <usize>column) * 8;
      for (let j: i32 = 0; j < 8; j++) {
        const value = column + j < columns ? <f64>load<i64>(from + <usize>j * 8) * perUnit : 0;
        store<f64>(right + <usize>j * 8, value);
      }
      right += 64;
    }
  }
}
