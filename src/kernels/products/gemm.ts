import { activate } from "../layers/activations";
import { copy2, copy4, copy8, padTo8, transpose2, transpose4 } from "./pack";
import { tile1x32, tile1x8, tile4x8, tile6x8 } from "./tile";

/*
 * C (rows, columns) = bias + A B over `depth` terms, float32, in three forms; every matrix is row-major with a
 * stride in elements from row to row. bias: `columns` values added to every row, or 0 for none.
 * Blocks of B (depthBlock x columnBlock) stay in the second-level cache while all rows of A pass by; a panel of A
 * and one of B stay in the first. `scratch` holds the panels: gemmScratchBytes.
 * The tiles are functions of their own because V8 replaces a function's baseline code only when the function is
 * called anew. With one call per tile, the first large product already runs optimised.
 */
const depthBlock: i32 = 256;
const columnBlock: i32 = 128;
/** From this many rows on, copying B into panels costs less than reading it by long strides. */
const packedRows: i32 = 24;
const zeros: usize = memory.data(32 * 4, 16);

const panelBytes: usize = 6 * 4;
const cornerBytes: usize = 6 * 8 * 4;

export function gemmScratchBytes(columns: i32, depth: i32): i32 {
  const depthPart = min(depth, depthBlock);
  const columnPart = min((columns + 7) & ~7, columnBlock);
  return <i32>cornerBytes + ((depthPart * <i32>panelBytes + 15) & ~15) + depthPart * columnPart * 4;
}

/**
 * c (rows, columns) = bias + a b, with a (rows, depth) and b (depth, columns). bias: a row of `columns` values, or 0
 * for none.
 */
export function gemm(
  rows: i32,
  columns: i32,
  depth: i32,
  a: usize,
  aStride: i32,
  b: usize,
  bStride: i32,
  bias: usize,
  c: usize,
  cStride: i32,
  scratch: usize,
): void {
  multiply(rows, columns, depth, a, aStride, false, b, bStride, false, bias, 0, c, cStride, scratch);
}

/**
 * c = sigma(bias + a b), by the activation's number as for activate: each rectangle of rows and at most 128 columns
 * is activated while it is in the first-level cache.
 */
export function gemmActivated(
  rows: i32,
  columns: i32,
  depth: i32,
  a: usize,
  aStride: i32,
  b: usize,
  bStride: i32,
  bias: usize,
  activation: i32,
  c: usize,
  cStride: i32,
  scratch: usize,
): void {
  multiply(rows, columns, depth, a, aStride, false, b, bStride, false, bias, activation, c, cStride, scratch);
}

/** c (rows, columns) = bias + a^T b, with a (depth, rows) and b (depth, columns). */
export function gemmTransposedA(
  rows: i32,
  columns: i32,
  depth: i32,
  a: usize,
  aStride: i32,
  b: usize,
  bStride: i32,
  bias: usize,
  c: usize,
  cStride: i32,
  scratch: usize,
): void {
  multiply(rows, columns, depth, a, aStride, true, b, bStride, false, bias, 0, c, cStride, scratch);
}

/** c (rows, columns) = bias + a b^T, with a (rows, depth) and b (columns, depth). */
export function gemmTransposedB(
  rows: i32,
  columns: i32,
  depth: i32,
  a: usize,
  aStride: i32,
  b: usize,
  bStride: i32,
  bias: usize,
  c: usize,
  cStride: i32,
  scratch: usize,
): void {
  multiply(rows, columns, depth, a, aStride, false, b, bStride, true, bias, 0, c, cStride, scratch);
}

function multiply(
  rows: i32,
  columns: i32,
  depth: i32,
  a: usize,
  aStride: i32,
  isATransposed: bool,
  b: usize,
  bStride: i32,
  isBTransposed: bool,
  bias: usize,
  activation: i32,
  c: usize,
  cStride: i32,
  scratch: usize,
): void {
  const aStep = <usize>aStride * 4;
  const bStep = <usize>bStride * 4;
  const cStep = <usize>cStride * 4;
  const corner = scratch;
  const aPanel = scratch + cornerBytes;
  const bPanels = aPanel + ((<usize>min(depth, depthBlock) * panelBytes + 15) & ~15);
  const isBPacked = isBTransposed || rows >= packedRows;

  let term: i32 = 0;
  do {
    const terms = min(depthBlock, depth - term);
    for (let column: i32 = 0; column < columns; column += columnBlock) {
      const width = min(columnBlock, columns - column);
      const bBlock =
        b +
        (isBTransposed ? <usize>column * bStep + <usize>term * 4 : <usize>term * bStep + <usize>column * 4);
      packB(terms, width, bBlock, bStep, isBTransposed, isBPacked, bPanels);
      const bTail = bPanels + (isBPacked ? <usize>(width >> 3) * <usize>terms * 32 : 0);
      let row: i32 = 0;
      while (row < rows) {
        const height = tileHeight(rows - row);
        const aBlock =
          a + (isATransposed ? <usize>term * aStep + <usize>row * 4 : <usize>row * aStep + <usize>term * 4);
        const cBlock = c + <usize>row * cStep + <usize>column * 4;
        const start = term > 0 ? cBlock : bias != 0 ? bias + <usize>column * 4 : zeros;
        // The same 32 zeros serve every tile of the row: they do not move with the columns.
        const startMove: usize = term > 0 || bias != 0 ? 4 : 0;
        const startStep: usize = term > 0 ? cStep : 0;
        let aTerms = aBlock;
        let aTermStep: usize = isATransposed ? aStep : 4;
        if (height > 1) {
          packA(height, terms, aBlock, aStep, isATransposed, aPanel);
          aTerms = aPanel;
          aTermStep = <usize>height * 4;
        }
        let j: i32 = 0;
        if (height == 1 && !isBPacked) {
          for (; j + 32 <= width; j += 32) {
            tile1x32(
              terms,
              aTerms,
              aTermStep,
              bBlock + <usize>j * 4,
              bStep,
              start + <usize>j * startMove,
              cBlock + <usize>j * 4,
            );
          }
        }
        for (; j + 8 <= width; j += 8) {
          const bTerms = isBPacked ? bPanels + <usize>(j >> 3) * <usize>terms * 32 : bBlock + <usize>j * 4;
          tile(
            height,
            terms,
            aTerms,
            aTermStep,
            bTerms,
            isBPacked ? 32 : bStep,
            start + <usize>j * startMove,
            startStep,
            cBlock + <usize>j * 4,
            cStep,
          );
        }
        if (j < width) {
          copyCorner(height, width - j, start + <usize>j * startMove, startStep, corner, 32);
          tile(height, terms, aTerms, aTermStep, bTail, 32, corner, 32, corner, 32);
          copyCorner(height, width - j, corner, 32, cBlock + <usize>j * 4, cStep);
        }
        if (activation != 0 && term + terms >= depth) {
          for (let i: i32 = 0; i < height; i++) activate(activation, width, cBlock + <usize>i * cStep);
        }
        row += height;
      }
    }
    term += depthBlock;
  } while (term < depth);
}

/** How many rows the next tile has: six, or four where that leaves fewer single rows (8 = 4 + 4, not 6 + 1 + 1). */
function tileHeight(rowsLeft: i32): i32 {
  if (rowsLeft < 4) return 1;
  if (rowsLeft == 4 || rowsLeft == 5 || rowsLeft == 8 || rowsLeft == 9) return 4;
  return 6;
}

function tile(
  height: i32,
  terms: i32,
  a: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  start: usize,
  startStep: usize,
  c: usize,
  cStep: usize,
): void {
  if (height == 6) tile6x8(terms, a, aStep, b, bStep, start, startStep, c, cStep);
  else if (height == 4) tile4x8(terms, a, aStep, b, bStep, start, startStep, c, cStep);
  else tile1x8(terms, a, aStep, b, bStep, start, c);
}

function packA(height: i32, terms: i32, a: usize, aStep: usize, isTransposed: bool, panel: usize): void {
  const panelStep = <usize>height * 4;
  if (isTransposed) {
    copy4(terms, a, aStep, panel, panelStep);
    if (height == 6) copy2(terms, a + 16, aStep, panel + 16, panelStep);
  } else {
    transpose4(terms, a, aStep, panel, panelStep);
    if (height == 6) transpose2(terms, a + 4 * aStep, aStep, panel + 16, panelStep);
  }
}

/** Copies B into panels of 8 columns; where B is read in place, only the last columns go into a padded panel. */
function packB(
  terms: i32,
  width: i32,
  b: usize,
  bStep: usize,
  isTransposed: bool,
  isPacked: bool,
  panels: usize,
): void {
  const columnStep: usize = isTransposed ? bStep : 4;
  let panel = panels;
  let column: i32 = 0;
  if (!isPacked) column = width & ~7;
  for (; column + 8 <= width; column += 8) {
    const strip = b + <usize>column * columnStep;
    if (isTransposed) {
      transpose4(terms, strip, bStep, panel, 32);
      transpose4(terms, strip + 4 * bStep, bStep, panel + 16, 32);
    } else {
      copy8(terms, strip, bStep, panel, 32);
    }
    panel += <usize>terms * 32;
  }
  if (column < width)
    padTo8(
      terms,
      width - column,
      b + <usize>column * columnStep,
      isTransposed ? 4 : bStep,
      columnStep,
      panel,
    );
}

function copyCorner(height: i32, width: i32, from: usize, fromStep: usize, to: usize, toStep: usize): void {
  for (let row: i32 = 0; row < height; row++) {
    for (let column: i32 = 0; column < width; column++) {
      store<f32>(to + <usize>column * 4, load<f32>(from + <usize>column * 4));
    }
    from += fromStep;
    to += toStep;
  }
}
