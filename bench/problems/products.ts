import { createRandom } from "../../src/data/index.ts";

/** C (m, n) over k terms: A B, A^T B with A stored (k, m), or A B^T with B stored (n, k). */
export const forms = ["AB", "ATB", "ABT"] as const;
type Form = (typeof forms)[number];

export interface Product {
  readonly form: Form;
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

export interface ProductProblem extends Product {
  /** The operands as stored, values in [-1/2, 1/2). */
  readonly a: Float32Array;
  readonly b: Float32Array;
}

export function createProductProblem(product: Product): ProductProblem {
  const { m, n, k } = product;
  const random = createRandom(1, "product", m, n, k);
  const values = (count: number): Float32Array =>
    Float32Array.from({ length: count }, () => random.uint32() / 2 ** 32 - 0.5);
  return { ...product, a: values(m * k), b: values(k * n) };
}

const comparedEntries = 256;

/**
 * The largest difference of some entries of C, first and last ones among them, from a float64 sum, relative to the
 * largest that k products can be.
 */
export function productError({ form, m, n, k, a, b }: ProductProblem, c: ArrayLike<number>): number {
  const random = createRandom(2, "entries");
  let largest = 0;
  for (let entry = 0; entry < comparedEntries; entry++) {
    const i = entry === 0 ? 0 : entry === 1 ? m - 1 : random.below(m);
    const j = entry === 0 ? 0 : entry === 1 ? n - 1 : random.below(n);
    let sum = 0;
    for (let t = 0; t < k; t++) {
      const left = form === "ATB" ? a[t * m + i] : a[i * k + t];
      const right = form === "ABT" ? b[j * k + t] : b[t * n + j];
      sum += (left ?? Number.NaN) * (right ?? Number.NaN);
    }
    const difference = Math.abs((c[i * n + j] ?? Number.NaN) - sum) / (k / 4);
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

/** float32 sums of k products in any order: k roundings of half a unit each would be 2^-24 of the largest sum. */
export const productTolerance = 2 ** -22;
