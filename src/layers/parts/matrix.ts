import type { KernelCall } from "../../kinds/layer-calls.ts";
import type { Address, Kernels } from "../../runtime/index.ts";

/** float32 values in memory, row-major: row i begins `stride` values after row i - 1. */
export interface Matrix {
  readonly at: Address;
  readonly rows: number;
  readonly columns: number;
  readonly stride: number;
}

/** A matrix whose rows lie one behind the other. */
export function matrixAt(at: Address, rows: number, columns: number): Matrix {
  return { at, rows, columns, stride: columns };
}

export interface Product {
  readonly a: Matrix;
  readonly b: Matrix;
  readonly c: Matrix;
  /** (columns of c), added to every row; 0: none. */
  readonly bias?: Address;
  readonly scratch: Address;
}

/** c = bias + a b; of the transposed forms, c = a^T b and c = a b^T. */
export function productCall(
  kernels: Kernels,
  form: "gemm" | "gemmTransposedA" | "gemmTransposedB",
  { a, b, c, bias = 0, scratch }: Product,
): KernelCall {
  const multiply = kernels[form];
  const { at, rows, columns, stride } = c;
  const depth = form === "gemmTransposedA" ? a.rows : a.columns;
  const [aAt, aStride, bAt, bStride] = [a.at, a.stride, b.at, b.stride];
  return () => multiply(rows, columns, depth, aAt, aStride, bAt, bStride, bias, at, stride, scratch);
}

/** c = sigma(bias + a b), sigma being the activation that kernels know by this number. */
export function activatedProductCall(
  kernels: Kernels,
  activation: number,
  { a, b, c, bias = 0, scratch }: Product,
): KernelCall {
  const multiply = kernels.gemmActivated;
  const { at, rows, columns, stride } = c;
  const depth = a.columns;
  const [aAt, aStride, bAt, bStride] = [a.at, a.stride, b.at, b.stride];
  return () =>
    multiply(rows, columns, depth, aAt, aStride, bAt, bStride, bias, activation, at, stride, scratch);
}
