import { subtractProduct64 } from "../math/multiply-add";
import { padded4 } from "../products/padding";

/**
 * right = (U^T U)^-1 right, for a factor made by choleskyFactor and right-hand sides (size, columns) in panels:
 * forward with U^T, then backward with U, two rows and one panel of 8 columns at a time.
 */
export function choleskySolve(size: i32, columns: i32, factor: usize, right: usize): void {
  solvePanels(size, columns, <usize>padded4(size) * 8, factor, right);
}

/** The same for a factor whose rows are `step` bytes apart: a trailing part of a larger one. */
export function solvePanels(size: i32, columns: i32, step: usize, factor: usize, right: usize): void {
  for (; columns > 0; columns -= 8) {
    let i: i32 = 0;
    for (; i + 2 <= size; i += 2) substitutePair(i, i + 1, 0, i, step, factor, right);
    if (i < size) substitute(i, 0, i, step, factor, right);
    i = size - 1;
    for (; i >= 1; i -= 2) substitutePair(i, i - 1, i + 1, size, step, factor, right);
    if (i == 0) substitute(0, 1, size, step, factor, right);
    right += <usize>size * 64;
  }
}

/** x_row = (x_row - sum over j in [begin, end) of f_row,j x_j) / f_row,row, for the 8 columns of a panel x. */
function substitute(row: i32, begin: i32, end: i32, step: usize, factor: usize, x: usize): void {
  const target = x + <usize>row * 64;
  const factors = factor + <usize>row * step;
  let x0 = v128.load(target);
  let x1 = v128.load(target, 16);
  let x2 = v128.load(target, 32);
  let x3 = v128.load(target, 48);
  for (let j: usize = begin; j < <usize>end; j++) {
    const f = v128.load_splat<f64>(factors + j * 8);
    const other = x + j * 64;
    x0 = subtractProduct64(f, v128.load(other), x0);
    x1 = subtractProduct64(f, v128.load(other, 16), x1);
    x2 = subtractProduct64(f, v128.load(other, 32), x2);
    x3 = subtractProduct64(f, v128.load(other, 48), x3);
  }
  const inverse = f64x2.splat(1 / load<f64>(factors + <usize>row * 8));
  v128.store(target, f64x2.mul(x0, inverse));
  v128.store(target, f64x2.mul(x1, inverse), 16);
  v128.store(target, f64x2.mul(x2, inverse), 32);
  v128.store(target, f64x2.mul(x3, inverse), 48);
}

/** The same for two rows, of which the second also waits for the first: each x_j is read once for both. */
function substitutePair(
  first: i32,
  second: i32,
  begin: i32,
  end: i32,
  step: usize,
  factor: usize,
  x: usize,
): void {
  const target1 = x + <usize>first * 64;
  const target2 = x + <usize>second * 64;
  let factors1 = factor + <usize>first * step + <usize>begin * 8;
  let factors2 = factor + <usize>second * step + <usize>begin * 8;
  let x0 = v128.load(target1);
  let x1 = v128.load(target1, 16);
  let x2 = v128.load(target1, 32);
  let x3 = v128.load(target1, 48);
  let y0 = v128.load(target2);
  let y1 = v128.load(target2, 16);
  let y2 = v128.load(target2, 32);
  let y3 = v128.load(target2, 48);
  let other = x + <usize>begin * 64;
  for (let j = begin; j < end; j++) {
    const f = v128.load_splat<f64>(factors1);
    const g = v128.load_splat<f64>(factors2);
    const o0 = v128.load(other);
    const o1 = v128.load(other, 16);
    x0 = subtractProduct64(f, o0, x0);
    y0 = subtractProduct64(g, o0, y0);
    x1 = subtractProduct64(f, o1, x1);
    y1 = subtractProduct64(g, o1, y1);
    const o2 = v128.load(other, 32);
    const o3 = v128.load(other, 48);
    x2 = subtractProduct64(f, o2, x2);
    y2 = subtractProduct64(g, o2, y2);
    x3 = subtractProduct64(f, o3, x3);
    y3 = subtractProduct64(g, o3, y3);
    factors1 += 8;
    factors2 += 8;
    other += 64;
  }
  let inverse = f64x2.splat(1 / load<f64>(factor + <usize>first * (step + 8)));
  x0 = f64x2.mul(x0, inverse);
  x1 = f64x2.mul(x1, inverse);
  x2 = f64x2.mul(x2, inverse);
  x3 = f64x2.mul(x3, inverse);
  const link = v128.load_splat<f64>(factor + <usize>second * step + <usize>first * 8);
  inverse = f64x2.splat(1 / load<f64>(factor + <usize>second * (step + 8)));
  v128.store(target1, x0);
  v128.store(target1, x1, 16);
  v128.store(target1, x2, 32);
  v128.store(target1, x3, 48);
  v128.store(target2, f64x2.mul(subtractProduct64(link, x0, y0), inverse));
  v128.store(target2, f64x2.mul(subtractProduct64(link, x1, y1), inverse), 16);
  v128.store(target2, f64x2.mul(subtractProduct64(link, x2, y2), inverse), 32);
  v128.store(target2, f64x2.mul(subtractProduct64(link, x3, y3), inverse), 48);
}
