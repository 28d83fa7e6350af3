import { createRandom, loadKernels } from "edgeprop";
import { createArena, planBuffers } from "edgeprop/runtime";
import type { Arena } from "edgeprop/runtime";

/** Both builds of the kernels: every kernel test runs on each. */
export const builds = ["simd", "relaxed-simd"] as const;
export type Build = (typeof builds)[number];

/** What a kernel may not touch is filled with this. */
export const untouched = -77;

/** An arena of named buffers of the given sizes in bytes. */
export function kernelArena(build: Build, sizes: Readonly<Record<string, number>>): Arena {
  const requests = Object.entries(sizes).map(([name, bytes]) => ({ name, bytes }));
  return createArena(loadKernels({ deterministic: build === "simd" }), planBuffers(requests));
}

export interface StridedMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly stride: number;
}

/** Values in [-1, 1) in the matrix, `untouched` between its rows. */
export function fillMatrix(
  values: Float32Array,
  { rows, columns, stride }: StridedMatrix,
  seed: number,
): void {
  const random = createRandom(seed);
  values.fill(untouched);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) values[i * stride + j] = 2 * random.uniform() - 1;
  }
}

/** Infinity where lengths differ or a value is not a number. */
export function largestDifference(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let largest = found.length === expected.length ? 0 : Infinity;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs((found[i] ?? Number.NaN) - (expected[i] ?? Number.NaN));
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Infinity : difference;
  }
  return largest;
}
