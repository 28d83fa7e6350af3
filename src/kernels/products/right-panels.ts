import { promoteHigh } from "../math/lanes";

/*
 * Right-hand sides R (rows, columns) in float64: panels of 8 columns, each with all its rows, 64 bytes per row, so
 * that a substitution stays within one panel. Columns past the last are zero.
 */

/** right (rows, columns), float64 panels, = values, float32 with `stride` elements from row to row. */
export function promoteRows(rows: i32, columns: i32, stride: i32, values: usize, right: usize): void {
  const step = <usize>stride * 4;
  for (; columns > 0; columns -= 8) {
    let from = values;
    for (let row: i32 = 0; row < rows; row++) {
      if (columns >= 8) {
        const low = v128.load(from);
        const high = v128.load(from, 16);
        v128.store(right, f64x2.promote_low_f32x4(low));
        v128.store(right, promoteHigh(low), 16);
        v128.store(right, f64x2.promote_low_f32x4(high), 32);
        v128.store(right, promoteHigh(high), 48);
      } else {
        for (let j: i32 = 0; j < 8; j++)
          store<f64>(right + <usize>j * 8, j < columns ? <f64>load<f32>(from + <usize>j * 4) : 0);
      }
      from += step;
      right += 64;
    }
    values += 32;
  }
}

/** out (rows, columns), float32 with `stride` elements from row to row, = scale x right, float64 panels. */
export function demoteRows(rows: i32, columns: i32, stride: i32, scale: f64, right: usize, out: usize): void {
  const step = <usize>stride * 4;
  const factor = f64x2.splat(scale);
  for (; columns > 0; columns -= 8) {
    let to = out;
    for (let row: i32 = 0; row < rows; row++) {
      if (columns >= 8) {
        v128.store(to, demoted(v128.load(right), v128.load(right, 16), factor));
        v128.store(to, demoted(v128.load(right, 32), v128.load(right, 48), factor), 16);
      } else {
        for (let j: i32 = 0; j < columns; j++)
          store<f32>(to + <usize>j * 4, <f32>(load<f64>(right + <usize>j * 8) * scale));
      }
      to += step;
      right += 64;
    }
    out += 32;
  }
}

function demoted(low: v128, high: v128, factor: v128): v128 {
  const first = f32x4.demote_f64x2_zero(f64x2.mul(low, factor));
  return v128.shuffle<f64>(first, f32x4.demote_f64x2_zero(f64x2.mul(high, factor)), 0, 2);
}

/** Every `stride`-th value of out, float32, = scale x the first column of right, float64 panels of `rows` rows. */
export function demoteColumn(rows: i32, scale: f64, right: usize, out: usize, stride: i32): void {
  for (; rows > 0; rows--) {
    store<f32>(out, <f32>(load<f64>(right) * scale));
    right += 64;
    out += <usize>stride * 4;
  }
}
