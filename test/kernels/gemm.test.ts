import { gemmScratchBytes } from "../../src/runtime/scratch.ts";
import { describe, it } from "vitest";
import type { Build } from "../support/kernels.ts";
import { builds, fillMatrix, kernelArena, largestDifference, untouched } from "../support/kernels.ts";

type Form = "gemm" | "gemmTransposedA" | "gemmTransposedB";
const forms: readonly Form[] = ["gemm", "gemmTransposedA", "gemmTransposedB"];

/** Around tiles of 6, 4 and 1 rows. */
const rowCounts = [0, 1, 3, 4, 5, 6, 7, 8, 9, 13, 26];
/** Around lanes of 4, tiles of 8 and of 32 columns. */
const columnCounts = [0, 1, 3, 7, 8, 9, 17, 33];
/** Around lanes of 4 and blocks of 256 terms. */
const depths = [0, 1, 3, 4, 5, 9, 257];

interface Product {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  /** Values between the end of a row and the start of the next. */
  readonly gap: number;
  readonly hasBias: boolean;
}

/** Largest difference from a float64 loop, relative to the largest sum there can be. */
function errorOf(build: Build, form: Form, { rows, columns, depth, gap, hasBias }: Product): number {
  const aShape = form === "gemmTransposedA" ? { rows: depth, columns: rows } : { rows, columns: depth };
  const bShape = form === "gemmTransposedB" ? { rows: columns, columns: depth } : { rows: depth, columns };
  const [aStride, bStride, cStride] = [aShape.columns + gap, bShape.columns + gap, columns + gap];
  const arena = kernelArena(build, {
    a: 4 * aShape.rows * aStride,
    b: 4 * bShape.rows * bStride,
    c: 4 * rows * cStride,
    bias: 4 * columns,
    scratch: gemmScratchBytes(columns, depth),
  });
  const [a, b, c, bias] = [arena.floats("a"), arena.floats("b"), arena.floats("c"), arena.floats("bias")];
  fillMatrix(a, { ...aShape, stride: aStride }, 1);
  fillMatrix(b, { ...bShape, stride: bStride }, 2);
  fillMatrix(bias, { rows: 1, columns, stride: columns }, 3);
  c.fill(untouched);

  const biasAddress = hasBias ? arena.at("bias") : 0;
  arena.kernels[form](
    rows,
    columns,
    depth,
    arena.at("a"),
    aStride,
    arena.at("b"),
    bStride,
    biasAddress,
    arena.at("c"),
    cStride,
    arena.at("scratch"),
  );

  const expected = new Float64Array(rows * cStride).fill(untouched);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = hasBias ? (bias[j] ?? 0) : 0;
      for (let k = 0; k < depth; k++) {
        const left = form === "gemmTransposedA" ? a[k * aStride + i] : a[i * aStride + k];
        const right = form === "gemmTransposedB" ? b[j * bStride + k] : b[k * bStride + j];
        sum += (left ?? 0) * (right ?? 0);
      }
      expected[i * cStride + j] = sum;
    }
  }
  return largestDifference(c, expected) / (depth + 1);
}

/** Each of depth products and sums of values below 1 rounds to half a unit of 2^-24 of a sum below `depth`. */
const tolerance = 2 ** -23;

describe.for(builds)("%s", (build) => {
  it.for(forms)(
    "%s agrees with a float64 loop at every mix of tiles and tails, and writes nothing else",
    (form, { expect }) => {
      for (const rows of rowCounts) {
        for (const columns of columnCounts) {
          for (const depth of depths) {
            const product = { rows, columns, depth, gap: (rows + columns) % 3, hasBias: depth % 2 === 0 };
            expect(errorOf(build, form, product), JSON.stringify(product)).toBeLessThan(tolerance);
          }
        }
      }
    },
  );

  it.for(forms)("%s agrees with a float64 loop over several blocks", (form, { expect }) => {
    expect(errorOf(build, form, { rows: 100, columns: 300, depth: 600, gap: 5, hasBias: true })).toBeLessThan(
      tolerance,
    );
  });
});
