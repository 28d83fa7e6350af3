import { multiplyAdd64 } from "../math/multiply-add";
import { padded4 } from "../products/padding";

/*
 * Conjugate gradients from D = 0 on (A^T A + damping I) D = A^T G: every column has scalars of its own, and everything is
 * float64. K is a Gram matrix as gram.ts makes it, whose lower triangle is filled in here. Right-hand sides are in
 * panels of 8 columns (right-panels.ts) and become the solution, one panel at a time.
 * r residual, p search direction, (size, 8) each; scalars are 8 float64, one per column.
 * `work` holds four such panels and four times 8 scalars: conjugateGradientsWorkBytes.
 *
 * A column whose residual is zero to working precision keeps what it has: its step is 0, never 0 / 0.
 */
const panelRow: usize = 64;
const scalarBytes: usize = 64;
/** A squared residual below this part of the first one is zero: 2^-42 of its length. */
const zeroResidual: f64 = 5.169878828456423e-26;

export function conjugateGradientsWorkBytes(size: i32): i32 {
  return 4 * size * <i32>panelRow + 4 * <i32>scalarBytes;
}

/**
 * gram = A^T A: right = A^T G (size, columns) becomes D of `iterations` steps on (A^T A + damping I) D = A^T G, from
 * 0. Both are float64, right in panels.
 */
export function conjugateGradientsPrimal(
  size: i32,
  columns: i32,
  damping: f64,
  iterations: i32,
  gram: usize,
  right: usize,
  work: usize,
): void {
  const bytes = <usize>size * panelRow;
  const r = work;
  const p = r + bytes;
  const image = p + bytes;
  const squares = image + 2 * bytes;
  const floors = squares + scalarBytes;
  const others = floors + scalarBytes;
  const ratios = others + scalarBytes;
  fillLower(size, gram);
  for (; columns > 0; columns -= 8) {
    startAt(bytes, right, r, p);
    dots(size, r, r, squares);
    scale(zeroResidual, squares, floors);
    for (let iteration: i32 = 0; iteration < iterations; iteration++) {
      multiply(size, damping, gram, p, image);
      dots(size, p, image, others);
      if (!divide(squares, others, squares, floors, ratios)) break;
      addScaled(size, 1, ratios, p, right);
      addScaled(size, -1, ratios, image, r);
      dots(size, r, r, others);
      divide(others, squares, squares, floors, ratios);
      scale(1, others, squares);
      turn(size, ratios, r, p);
    }
    right += bytes;
  }
}

/**
 * gram = A A^T: right = G (size, columns) becomes Y, and A^T Y is the D of conjugateGradientsPrimal.
 * Every vector of the primal iteration is A^T times one over the rows, and it can be run on those: |A^T r|^2 = r K r,
 * and the curvature along A^T p is |K p|^2 + damping p K p. One product with K = A A^T per iteration.
 */
export function conjugateGradientsDual(
  size: i32,
  columns: i32,
  damping: f64,
  iterations: i32,
  gram: usize,
  right: usize,
  work: usize,
): void {
  const bytes = <usize>size * panelRow;
  const r = work;
  const p = r + bytes;
  const rImage = p + bytes;
  const pImage = rImage + bytes;
  const squares = pImage + bytes;
  const floors = squares + scalarBytes;
  const others = floors + scalarBytes;
  const ratios = others + scalarBytes;
  fillLower(size, gram);
  // Where r is nearly orthogonal to A, r K r has lost its digits, and so has A^T r in float32.
  const precision = <f64>size * f64.EPSILON * largestOnDiagonal(size, gram);
  for (; columns > 0; columns -= 8) {
    startAt(bytes, right, r, p);
    multiply(size, 0, gram, r, rImage);
    memory.copy(pImage, rImage, bytes);
    dots(size, r, r, floors);
    scale(precision, floors, floors);
    dots(size, r, rImage, squares);
    raiseTo(zeroResidual, squares, floors);
    for (let iteration: i32 = 0; iteration < iterations; iteration++) {
      dots(size, p, pImage, others);
      scale(damping, others, others);
      dots(size, pImage, pImage, ratios);
      addScalars(ratios, others);
      if (!divide(squares, others, squares, floors, ratios)) break;
      addScaled(size, 1, ratios, p, right);
      addScaled(size, -1, ratios, pImage, r);
      addScaled(size, -damping, ratios, p, r);
      multiply(size, 0, gram, r, rImage);
      dots(size, r, rImage, others);
      divide(others, squares, squares, floors, ratios);
      scale(1, others, squares);
      turn(size, ratios, r, p);
      turn(size, ratios, rImage, pImage);
    }
    right += bytes;
  }
}

function startAt(bytes: usize, right: usize, r: usize, p: usize): void {
  memory.copy(r, right, bytes);
  memory.copy(p, right, bytes);
  memory.fill(right, 0, bytes);
}

function fillLower(size: i32, gram: usize): void {
  const step = <usize>padded4(size) * 8;
  for (let i: usize = 1; i < <usize>size; i++) {
    for (let j: usize = 0; j < i; j++)
      store<f64>(gram + i * step + j * 8, load<f64>(gram + j * step + i * 8));
  }
}

function largestOnDiagonal(size: i32, gram: usize): f64 {
  const step = <usize>padded4(size) * 8 + 8;
  let largest: f64 = 0;
  for (; size > 0; size--) {
    largest = max(largest, load<f64>(gram));
    gram += step;
  }
  return largest;
}

/** out = (K + damping I) x, two rows at a time: each row of x is read once for both. */
function multiply(size: i32, damping: f64, gram: usize, x: usize, out: usize): void {
  const step = <usize>padded4(size) * 8;
  let row: i32 = 0;
  for (; row + 2 <= size; row += 2) {
    multiplyRow2(size, damping, gram, step, x, x + <usize>row * panelRow, out);
    gram += 2 * step;
    out += 2 * panelRow;
  }
  if (row < size) multiplyRow(size, damping, gram, x, x + <usize>row * panelRow, out);
}

function multiplyRow2(
  size: i32,
  damping: f64,
  k: usize,
  step: usize,
  x: usize,
  own: usize,
  out: usize,
): void {
  const factor = f64x2.splat(damping);
  let a0 = f64x2.mul(factor, v128.load(own));
  let a1 = f64x2.mul(factor, v128.load(own, 16));
  let a2 = f64x2.mul(factor, v128.load(own, 32));
  let a3 = f64x2.mul(factor, v128.load(own, 48));
  let b0 = f64x2.mul(factor, v128.load(own, 64));
  let b1 = f64x2.mul(factor, v128.load(own, 80));
  let b2 = f64x2.mul(factor, v128.load(own, 96));
  let b3 = f64x2.mul(factor, v128.load(own, 112));
  for (; size > 0; size--) {
    const f = v128.load_splat<f64>(k);
    const g = v128.load_splat<f64>(k + step);
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    a0 = multiplyAdd64(f, x0, a0);
    b0 = multiplyAdd64(g, x0, b0);
    a1 = multiplyAdd64(f, x1, a1);
    b1 = multiplyAdd64(g, x1, b1);
    const x2 = v128.load(x, 32);
    const x3 = v128.load(x, 48);
    a2 = multiplyAdd64(f, x2, a2);
    b2 = multiplyAdd64(g, x2, b2);
    a3 = multiplyAdd64(f, x3, a3);
    b3 = multiplyAdd64(g, x3, b3);
    k += 8;
    x += panelRow;
  }
  v128.store(out, a0);
  v128.store(out, a1, 16);
  v128.store(out, a2, 32);
  v128.store(out, a3, 48);
  v128.store(out, b0, 64);
  v128.store(out, b1, 80);
  v128.store(out, b2, 96);
  v128.store(out, b3, 112);
}

function multiplyRow(size: i32, damping: f64, k: usize, x: usize, own: usize, out: usize): void {
  for (let lane: usize = 0; lane < panelRow; lane += 16) {
    let sum = f64x2.mul(f64x2.splat(damping), v128.load(own + lane));
    for (let j: usize = 0; j < <usize>size; j++)
      sum = multiplyAdd64(v128.load_splat<f64>(k + j * 8), v128.load(x + j * panelRow + lane), sum);
    v128.store(out + lane, sum);
  }
}

/** out = x . y of each column */
function dots(size: i32, x: usize, y: usize, out: usize): void {
  for (let lane: usize = 0; lane < panelRow; lane += 16) {
    let sum = f64x2.splat(0);
    for (let row: usize = 0; row < <usize>size; row++)
      sum = multiplyAdd64(v128.load(x + row * panelRow + lane), v128.load(y + row * panelRow + lane), sum);
    v128.store(out + lane, sum);
  }
}

/** y += factor scalars x */
function addScaled(size: i32, factor: f64, scalars: usize, x: usize, y: usize): void {
  for (let lane: usize = 0; lane < panelRow; lane += 16) {
    const factors = f64x2.mul(f64x2.splat(factor), v128.load(scalars + lane));
    for (let row: usize = 0; row < <usize>size; row++) {
      const to = y + row * panelRow + lane;
      v128.store(to, multiplyAdd64(factors, v128.load(x + row * panelRow + lane), v128.load(to)));
    }
  }
}

/** y = x + scalars y */
function turn(size: i32, scalars: usize, x: usize, y: usize): void {
  for (let lane: usize = 0; lane < panelRow; lane += 16) {
    const factors = v128.load(scalars + lane);
    for (let row: usize = 0; row < <usize>size; row++) {
      const to = y + row * panelRow + lane;
      v128.store(to, multiplyAdd64(factors, v128.load(to), v128.load(x + row * panelRow + lane)));
    }
  }
}

/** out = numerators / denominators, 0 in columns whose residual is zero; returns false when all residuals are. */
function divide(numerators: usize, denominators: usize, squares: usize, floors: usize, out: usize): bool {
  let isAny = f64x2.splat(0);
  for (let lane: usize = 0; lane < scalarBytes; lane += 16) {
    const divisor = v128.load(denominators + lane);
    const isLive = v128.and(
      f64x2.gt(v128.load(squares + lane), v128.load(floors + lane)),
      f64x2.gt(divisor, f64x2.splat(0)),
    );
    v128.store(out + lane, v128.and(f64x2.div(v128.load(numerators + lane), divisor), isLive));
    isAny = v128.or(isAny, isLive);
  }
  return v128.any_true(isAny);
}

/** out = factor scalars */
function scale(factor: f64, scalars: usize, out: usize): void {
  for (let lane: usize = 0; lane < scalarBytes; lane += 16)
    v128.store(out + lane, f64x2.mul(f64x2.splat(factor), v128.load(scalars + lane)));
}

/** out = the larger of out and factor scalars */
function raiseTo(factor: f64, scalars: usize, out: usize): void {
  for (let lane: usize = 0; lane < scalarBytes; lane += 16) {
    const other = f64x2.mul(f64x2.splat(factor), v128.load(scalars + lane));
    v128.store(out + lane, f64x2.max(other, v128.load(out + lane)));
  }
}

/** out += scalars */
function addScalars(scalars: usize, out: usize): void {
  for (let lane: usize = 0; lane < scalarBytes; lane += 16)
    v128.store(out + lane, f64x2.add(v128.load(scalars + lane), v128.load(out + lane)));
}
