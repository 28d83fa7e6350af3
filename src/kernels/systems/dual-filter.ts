import { choleskyFactor } from "./cholesky";
import { gemm, gemmTransposedB } from "../products/gemm";
import { gramOfRows } from "../products/gram";
import { multiplyAdd } from "../math/multiply-add";
import { padded4 } from "../products/padding";
import { demoteRows, promoteRows } from "../products/right-panels";
import { choleskySolve, solvePanels } from "./substitution";

/*
 * The dual side of the exact prox step, G = scale (A A^T + damping I)^-1 G in place, for A = [a, 1], a (rows, inputs)
 * and G (rows, outputs), float32. Where the damping is far above float32's rounding error, the Gram matrix is summed in
 * float32 over blocks of terms and the blocks in float64: the same step up to a few float32 roundings in half the time.
 */

/** How many terms are summed in float32 before float64 takes over. */
const termBlock: i32 = 128;
/** Rows of the Gram matrix made by one product, from the diagonal to its right end. */
const stripRows: i32 = 16;
/** How many columns of G the inverse is multiplied with at a time: as many as a block of gemm. */
const columnBlock: i32 = 128;
/** float32 where rows^0.5 max K_ii / damping is at most this: its rounding moves the direction by some 1e-5. */
const largestRatio: f64 = 2048;

/**
 * g (rows, outputs) = scale ([a, 1] [a, 1]^T + damping I)^-1 g, with a (rows, inputs), both dense float32.
 * `work`: dualFilterWorkBytes. `gram` as for gramOfRows, `scratch` for it and for gemm.
 */
export function filterRows(
  rows: i32,
  inputs: i32,
  outputs: i32,
  damping: f64,
  scale: f64,
  a: usize,
  g: usize,
  gram: usize,
  work: usize,
  scratch: usize,
): void {
  const largest = largestSquare(rows, inputs, a);
  const isSafe = sqrt(<f64>rows) * largest <= largestRatio * damping;
  if (isSafe) gramInBlocks(rows, inputs, a, gram, work, scratch);
  else gramOfRows(rows, inputs, a, inputs, gram, scratch);
  choleskyFactor(rows, damping, gram);
  if (isSafe && outputs >= 2 * rows) {
    multiplyByInverse(rows, outputs, scale, g, gram, work, scratch);
    return;
  }
  // One panel of columns at a time is in float64, never all of G.
  for (let column: i32 = 0; column < outputs; column += 8) {
    const columns = min(8, outputs - column);
    const part = g + <usize>column * 4;
    promoteRows(rows, columns, outputs, part, work);
    choleskySolve(rows, columns, gram, work);
    demoteRows(rows, columns, outputs, scale, work, part);
  }
}

/** max over the rows of |a_row|^2 + 1 */
function largestSquare(rows: i32, inputs: i32, a: usize): f64 {
  let largest: f64 = 0;
  for (let row: i32 = 0; row < rows; row++) {
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let i: i32 = 0;
    for (; i + 16 <= inputs; i += 16) {
      const x0 = v128.load(a);
      const x1 = v128.load(a, 16);
      const x2 = v128.load(a, 32);
      const x3 = v128.load(a, 48);
      s0 = multiplyAdd(x0, x0, s0);
      s1 = multiplyAdd(x1, x1, s1);
      s2 = multiplyAdd(x2, x2, s2);
      s3 = multiplyAdd(x3, x3, s3);
      a += 64;
    }
    s0 = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
    let sum =
      <f64>f32x4.extract_lane(s0, 0) +
      <f64>f32x4.extract_lane(s0, 1) +
      <f64>f32x4.extract_lane(s0, 2) +
      <f64>f32x4.extract_lane(s0, 3);
    for (; i < inputs; i++) {
      const x = <f64>load<f32>(a);
      sum += x * x;
      a += 4;
    }
    largest = max(largest, sum);
  }
  return largest + 1;
}

/** The upper triangle of gram = a a^T + 1 1^T. */
function gramInBlocks(rows: i32, inputs: i32, a: usize, gram: usize, work: usize, scratch: usize): void {
  const step = <usize>padded4(rows) * 8;
  const aStep = <usize>inputs * 4;
  for (let row: i32 = 0; row < rows; row += stripRows) {
    const height = min(stripRows, rows - row);
    const width = rows - row;
    const strip = gram + <usize>row * (step + 8);
    const from = a + <usize>row * aStep;
    for (let term: i32 = 0; term < inputs; term += termBlock) {
      const terms = min(termBlock, inputs - term);
      const block = from + <usize>term * 4;
      gemmTransposedB(height, width, terms, block, inputs, block, inputs, 0, work, width, scratch);
      for (let i: i32 = 0; i < height; i++)
        addRow(width, term == 0, work + <usize>(i * width) * 4, strip + <usize>i * step);
    }
  }
}

/** out (float64) += values (float32); out = 1 + values for the first block. */
function addRow(count: i32, isFirst: bool, values: usize, out: usize): void {
  const one = f64x2.splat(1);
  for (; count >= 2; count -= 2) {
    const start = isFirst ? one : v128.load(out);
    v128.store(out, f64x2.add(start, f64x2.promote_low_f32x4(v128.load64_zero(values))));
    values += 8;
    out += 16;
  }
  if (count > 0) store<f64>(out, (isFirst ? 1 : load<f64>(out)) + <f64>load<f32>(values));
}

/** g = scale (U^T U)^-1 g by the inverse, in float32. `work` holds the inverse, a panel of its columns, the product. */
function multiplyByInverse(
  rows: i32,
  outputs: i32,
  scale: f64,
  g: usize,
  factor: usize,
  work: usize,
  scratch: usize,
): void {
  const inverse = work;
  const panel = inverse + ((<usize>(rows * rows) * 4 + 15) & ~15);
  const product = panel + <usize>rows * 64;
  const step = <usize>padded4(rows) * 8;
  const inverseStep = <usize>rows * 4;
  for (let column: i32 = 0; column < rows; column += 8) {
    const size = rows - column;
    memory.fill(panel, 0, <usize>size * 64);
    for (let j: i32 = 0; j < min(8, size); j++) store<f64>(panel + <usize>j * 72, scale);
    solvePanels(size, 8, step, factor + <usize>column * (step + 8), panel);
    mirrorPanel(size, panel, inverse + <usize>column * (inverseStep + 4), inverseStep);
  }
  for (let column: i32 = 0; column < outputs; column += columnBlock) {
    const columns = min(columnBlock, outputs - column);
    const bytes = <usize>columns * 4;
    let to = g + <usize>column * 4;
    gemm(rows, columns, rows, inverse, rows, to, outputs, 0, product, columns, scratch);
    for (let row: i32 = 0; row < rows; row++) {
      memory.copy(to, product + <usize>row * bytes, bytes);
      to += <usize>outputs * 4;
    }
  }
}

/** The first 8 columns of a symmetric matrix (size, size), from a panel of them, and its first 8 rows. */
function mirrorPanel(size: i32, panel: usize, out: usize, outStep: usize): void {
  const width = min(8, size);
  for (let i: i32 = 0; i < size; i++) {
    const row = out + <usize>i * outStep;
    for (let j: i32 = 0; j < width; j++) {
      const value = <f32>load<f64>(panel + <usize>j * 8);
      store<f32>(row + <usize>j * 4, value);
      store<f32>(out + <usize>j * outStep + <usize>i * 4, value);
    }
    panel += 64;
  }
}

/**
 * What filterRows needs beside the Gram matrix: a panel of 8 columns in float64, or a strip of that matrix, and the
 * inverse. Its size is that of the most rows for which it is used, so that more rows never need less memory.
 */
export function dualFilterWorkBytes(rows: i32, outputs: i32): i32 {
  const size = min(rows, outputs >> 1);
  return rows * 64 + ((size * size * 4 + 15) & ~15) + size * min(outputs, columnBlock) * 4;
}
