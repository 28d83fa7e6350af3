import { loadPart, promoteHigh, storePart } from "../math/lanes";
import { multiplyAdd64 } from "../math/multiply-add";

/*
 * Conjugate gradients on (A^T A + damping I) D = A^T G where the caller makes the products A p and A^T (A p): float32
 * vectors, (size, columns) dense, and float64 scalars, one per column (rounded up to a multiple of 4).
 * r residual, p search direction, x solution. A column whose residual float32 cannot tell from zero stops: its
 * step is 0, never 0 / 0.
 */
/** A squared residual below this part of the first one: 2^-24 of its length. */
const zeroResidual: f64 = 1.0 / 281474976710656.0;

/**
 * x = A^T G (size, columns) on entry; then x = 0, r = p = A^T G, and floors = the squared residuals that are as good
 * as zero: float64, one per column, as many as columns rounded up to 4.
 */
export function conjugateGradientsBegin(
  size: i32,
  columns: i32,
  x: usize,
  r: usize,
  p: usize,
  floors: usize,
): void {
  const bytes = <usize>size * <usize>columns * 4;
  memory.copy(r, x, bytes);
  memory.copy(p, x, bytes);
  memory.fill(x, 0, bytes);
  memory.fill(floors, 0, <usize>((columns + 3) & ~3) * 8);
  addColumnSquares(size, columns, r, floors);
  for (; columns > 0; columns -= 2) {
    v128.store(floors, f64x2.mul(v128.load(floors), f64x2.splat(zeroResidual)));
    floors += 16;
  }
}

/**
 * sums (float64, as many as columns rounded up to 4) += the sum of squares of each column of values (rows, columns).
 */
export function addColumnSquares(rows: i32, columns: i32, values: usize, sums: usize): void {
  const step = <usize>columns * 4;
  for (; columns > 0; columns -= 4) {
    let low = v128.load(sums);
    let high = v128.load(sums, 16);
    let from = values;
    for (let row: i32 = 0; row < rows; row++) {
      const lanes = loadLanes(from, columns);
      const x = f64x2.promote_low_f32x4(lanes);
      const y = promoteHigh(lanes);
      low = multiplyAdd64(x, x, low);
      high = multiplyAdd64(y, y, high);
      from += step;
    }
    v128.store(sums, low);
    v128.store(sums, high, 16);
    values += 16;
    sums += 32;
  }
}

/** One iteration, from image = A^T (A p) and curvatures = |A p|^2 of each column (float64). */
export function conjugateGradientsAdvance(
  size: i32,
  columns: i32,
  damping: f64,
  image: usize,
  curvatures: usize,
  floors: usize,
  x: usize,
  r: usize,
  p: usize,
): void {
  const step = <usize>columns * 4;
  const factor = f64x2.splat(damping);
  for (; columns > 0; columns -= 4) {
    for (let half: i32 = 0; half < 2; half++) {
      const isHigh = half == 1;
      let squares = f64x2.splat(0);
      let lengths = f64x2.splat(0);
      let offset: usize = 0;
      for (let row: i32 = 0; row < size; row++) {
        const ri = loadHalf(r + offset, columns, isHigh);
        const pi = loadHalf(p + offset, columns, isHigh);
        squares = multiplyAdd64(ri, ri, squares);
        lengths = multiplyAdd64(pi, pi, lengths);
        offset += step;
      }
      const curvature = multiplyAdd64(factor, lengths, v128.load(curvatures));
      const isLive = v128.and(f64x2.gt(squares, v128.load(floors)), f64x2.gt(curvature, f64x2.splat(0)));
      const alpha = v128.and(f64x2.div(squares, curvature), isLive);
      let nextSquares = f64x2.splat(0);
      offset = 0;
      for (let row: i32 = 0; row < size; row++) {
        const pi = loadHalf(p + offset, columns, isHigh);
        const xi = loadHalf(x + offset, columns, isHigh);
        storeHalf(x + offset, columns, isHigh, multiplyAdd64(alpha, pi, xi));
        const whole = multiplyAdd64(factor, pi, loadHalf(image + offset, columns, isHigh));
        const ri = f64x2.sub(loadHalf(r + offset, columns, isHigh), f64x2.mul(alpha, whole));
        storeHalf(r + offset, columns, isHigh, ri);
        nextSquares = multiplyAdd64(ri, ri, nextSquares);
        offset += step;
      }
      const beta = v128.and(f64x2.div(nextSquares, squares), isLive);
      offset = 0;
      for (let row: i32 = 0; row < size; row++) {
        const pi = loadHalf(p + offset, columns, isHigh);
        const ri = loadHalf(r + offset, columns, isHigh);
        storeHalf(p + offset, columns, isHigh, multiplyAdd64(beta, pi, ri));
        offset += step;
      }
      curvatures += 16;
      floors += 16;
    }
    image += 16;
    x += 16;
    r += 16;
    p += 16;
  }
}

function loadLanes(from: usize, count: i32): v128 {
  return count >= 4 ? v128.load(from) : loadPart(from, count);
}

/** Two of four columns as float64; zeros past the last. */
function loadHalf(from: usize, count: i32, isHigh: bool): v128 {
  const lanes = loadLanes(from, count);
  return isHigh ? promoteHigh(lanes) : f64x2.promote_low_f32x4(lanes);
}

function storeHalf(to: usize, count: i32, isHigh: bool, values: v128): void {
  const lanes = f32x4.demote_f64x2_zero(values);
  const place = to + (isHigh ? 8 : 0);
  const left = isHigh ? count - 2 : count;
  if (left >= 2) v128.store64_lane(place, lanes, 0);
  else if (left == 1) storePart(place, 1, lanes);
}
