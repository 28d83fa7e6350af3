/*
 * How much scratch the kernels need, in bytes, known before there are kernels: the same sums as the functions of
 * these names in src/kernels, and a test holds the two together.
 */

/** For gemm and its transposed forms, of C (any, columns) over `depth` terms. */
export function gemmScratchBytes(columns: number, depth: number): number {
  const terms = Math.min(depth, 256);
  return 6 * 8 * 4 + roundUp(terms * 6 * 4, 16) + terms * Math.min(roundUp(columns, 8), 128) * 4;
}

/** For gramOfRows (columns = rows of a, terms = inputs). */
export function gramScratchBytes(columns: number, terms: number): number {
  return roundUp(columns, 4) * Math.min(terms, 64) * 8;
}

/** For gramOfColumns: panels of [a, 1] and one of g. */
export function gramOfColumnsScratchBytes(inputs: number, rows: number): number {
  return gramScratchBytes(roundUp(inputs + 1, 4) + 4, rows);
}

/** A (size, size) Gram matrix as the kernels pad it. */
export function gramBytes(size: number): number {
  return roundUp(size, 4) ** 2 * 8;
}

/** (size, columns) right-hand sides as the kernels pad them. */
export function rightBytes(size: number, columns: number): number {
  return size * roundUp(columns, 8) * 8;
}

/**
 * For filterRows: a panel of 8 columns in float64; the inverse, of as many rows as it is used for, and 128 columns of
 * the product. More rows never need less, by which the largest batch that fits is found.
 */
export function dualFilterWorkBytes(rows: number, outputs: number): number {
  const size = Math.min(rows, Math.floor(outputs / 2));
  return 64 * rows + roundUp(4 * size * size, 16) + 4 * size * Math.min(outputs, 128);
}

/** For filterRows, beside what gemm and gramOfRows need: products of 16 rows over 128 terms, and by the inverse. */
export function dualFilterScratchBytes(rows: number, inputs: number, outputs: number): number {
  const products = Math.max(gemmScratchBytes(rows, Math.min(inputs, 128)), gemmScratchBytes(outputs, rows));
  return Math.max(gramScratchBytes(rows, inputs), products);
}

/** For conjugateGradientsPrimal and conjugateGradientsDual. */
export function conjugateGradientsWorkBytes(size: number): number {
  return 4 * 64 * size + 4 * 64;
}

function roundUp(count: number, multiple: number): number {
  return Math.ceil(count / multiple) * multiple;
}
