import { multiplyAdd64 } from "../math/multiply-add";
import { padded4, padded8 } from "./padding";
import { panelOfColumns, panelOfRows } from "./panels64";

/*
 * The two sides of the prox step, in float64, from A = [a, 1] with a (rows, inputs) float32. Products of two
 * float32 are exact in float64, so a Gram matrix is positive semi-definite up to float64's rounding, even if its rows are dependent.
 * A Gram matrix is (size, size) with its rows padded to a multiple of 4 values, and only its upper triangle is made;
 * right-hand sides are in panels (right-panels.ts). `scratch` holds panels of `termBlock` terms: gramScratchBytes.
 */
const termBlock: i32 = 64;

/** `columns`: how many columns the panels of one block have together. */
export function gramScratchBytes(columns: i32, terms: i32): i32 {
  return padded4(columns) * min(terms, termBlock) * 8;
}

/** gram (rows, rows), float64, = a a^T + 1 1^T, with a (rows, inputs): the dual side. */
export function gramOfRows(
  rows: i32,
  inputs: i32,
  a: usize,
  aStride: i32,
  gram: usize,
  scratch: usize,
): void {
  const size = padded4(rows);
  fill64(size * size, 1, gram);
  for (let term: i32 = 0; term < inputs; term += termBlock) {
    const terms = min(termBlock, inputs - term);
    let panel = scratch;
    for (let row: i32 = 0; row < rows; row += 4) {
      panelOfRows(
        terms,
        min(4, rows - row),
        a + (<usize>row * <usize>aStride + <usize>term) * 4,
        <usize>aStride * 4,
        panel,
      );
      panel += <usize>terms * 32;
    }
    addUpperProduct(size, terms, scratch, gram);
  }
}

/**
 * gram (inputs + 1, inputs + 1) = [a, 1]^T [a, 1] and right (inputs + 1, outputs) = [a, 1]^T g, both float64, with g
 * (rows, outputs): the primal side.
 */
export function gramOfColumns(
  rows: i32,
  inputs: i32,
  outputs: i32,
  a: usize,
  aStride: i32,
  g: usize,
  gStride: i32,
  gram: usize,
  right: usize,
  scratch: usize,
): void {
  clearSystem(inputs, outputs, gram, right);
  addGramOfColumns(rows, inputs, outputs, a, aStride, g, gStride, gram, right, scratch);
}

/**
 * gram (inputs + 1, inputs + 1) = 0 and right (inputs + 1, outputs) = 0, both float64: where addGramOfColumns begins.
 */
export function clearSystem(inputs: i32, outputs: i32, gram: usize, right: usize): void {
  const size = padded4(inputs + 1);
  fill64(size * size, 0, gram);
  fill64((inputs + 1) * padded8(outputs), 0, right);
}

/** Adds what gramOfColumns computes to gram and right: for rows that come in blocks. */
export function addGramOfColumns(
  rows: i32,
  inputs: i32,
  outputs: i32,
  a: usize,
  aStride: i32,
  g: usize,
  gStride: i32,
  gram: usize,
  right: usize,
  scratch: usize,
): void {
  const size = padded4(inputs + 1);
  for (let row: i32 = 0; row < rows; row += termBlock) {
    const terms = min(termBlock, rows - row);
    const panelBytes = <usize>terms * 32;
    const aBlock = a + <usize>row * <usize>aStride * 4;
    const gBlock = g + <usize>row * <usize>gStride * 4;
    for (let column: i32 = 0; column <= inputs; column += 4) {
      panelOfColumns(
        terms,
        min(4, inputs - column),
        true,
        aBlock + <usize>column * 4,
        <usize>aStride * 4,
        scratch + <usize>(column >> 2) * panelBytes,
      );
    }
    addUpperProduct(size, terms, scratch, gram);
    // Panels of g come one at a time, behind those of a.
    const gPanel = scratch + <usize>(size >> 2) * panelBytes;
    for (let column: i32 = 0; column < outputs; column += 4) {
      panelOfColumns(
        terms,
        min(4, outputs - column),
        false,
        gBlock + <usize>column * 4,
        <usize>gStride * 4,
        gPanel,
      );
      for (let i: i32 = 0; i <= inputs; i += 4) {
        const to =
          right + <usize>(column >> 3) * <usize>(inputs + 1) * 64 + <usize>i * 64 + <usize>(column & 4) * 8;
        addTile(terms, min(4, inputs + 1 - i), scratch + <usize>(i >> 2) * panelBytes, gPanel, to, 64);
      }
    }
  }
}

/** c += X^T X on and above the diagonal of 4 x 4 tiles, X being the panels of `size` columns. */
function addUpperProduct(size: i32, terms: i32, panels: usize, c: usize): void {
  const cStep = <usize>size * 8;
  const panelBytes = <usize>terms * 32;
  for (let i: usize = 0; i < <usize>(size >> 2); i++) {
    for (let j: usize = i; j < <usize>(size >> 2); j++) {
      addTile(terms, 4, panels + i * panelBytes, panels + j * panelBytes, c + i * 4 * cStep + j * 32, cStep);
    }
  }
}

/** The first `height` rows of c (4, 4) += x^T y over `terms` rows of x and y. */
function addTile(terms: i32, height: i32, x: usize, y: usize, c: usize, cStep: usize): void {
  let c00 = f64x2.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  for (; terms > 0; terms--) {
    const y0 = v128.load(y);
    const y1 = v128.load(y, 16);
    let factor = v128.load_splat<f64>(x);
    c00 = multiplyAdd64(factor, y0, c00);
    c01 = multiplyAdd64(factor, y1, c01);
    factor = v128.load_splat<f64>(x, 8);
    c10 = multiplyAdd64(factor, y0, c10);
    c11 = multiplyAdd64(factor, y1, c11);
    factor = v128.load_splat<f64>(x, 16);
    c20 = multiplyAdd64(factor, y0, c20);
    c21 = multiplyAdd64(factor, y1, c21);
    factor = v128.load_splat<f64>(x, 24);
    c30 = multiplyAdd64(factor, y0, c30);
    c31 = multiplyAdd64(factor, y1, c31);
    x += 32;
    y += 32;
  }
  addRow(c00, c01, c);
  if (height > 1) addRow(c10, c11, c + cStep);
  if (height > 2) addRow(c20, c21, c + 2 * cStep);
  if (height > 3) addRow(c30, c31, c + 3 * cStep);
}

function addRow(low: v128, high: v128, c: usize): void {
  v128.store(c, f64x2.add(v128.load(c), low));
  v128.store(c, f64x2.add(v128.load(c, 16), high), 16);
}

function fill64(count: i32, value: f64, out: usize): void {
  for (; count > 0; count--) {
    store<f64>(out, value);
    out += 8;
  }
}
