import type { Address } from "./address.ts";

/** The kernels of conjugate gradients: on a float64 Gram matrix at one go, or step by step around float32 products. */
export interface ConjugateGradientsKernels {
  /** gram = A^T A: right = A^T G (size, columns) becomes D of so many iterations on A^T A + damping I, from 0. */
  conjugateGradientsPrimal(
    size: number,
    columns: number,
    damping: number,
    iterations: number,
    gram: Address,
    right: Address,
    work: Address,
  ): void;
  /** gram = A A^T: right = G (size, columns) becomes Y, and A^T Y is that D. */
  conjugateGradientsDual(
    size: number,
    columns: number,
    damping: number,
    iterations: number,
    gram: Address,
    right: Address,
    work: Address,
  ): void;
  conjugateGradientsWorkBytes(size: number): number;

  /** x = A^T G on entry; x = 0, r = p = A^T G. Scalars are float64, as many as columns rounded up to 4. */
  conjugateGradientsBegin(
    size: number,
    columns: number,
    x: Address,
    r: Address,
    p: Address,
    floors64: Address,
  ): void;
  /** sums += |column|^2 of values (rows, columns). */
  addColumnSquares(rows: number, columns: number, values: Address, sums64: Address): void;
  /** One iteration, from image = A^T (A p) and curvatures = |A p|^2. */
  conjugateGradientsAdvance(
    size: number,
    columns: number,
    damping: number,
    image: Address,
    curvatures64: Address,
    floors64: Address,
    x: Address,
    r: Address,
    p: Address,
  ): void;
}
