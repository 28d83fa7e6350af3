import { describe, it } from "vitest";
import {
  conjugateGradientsWorkBytes,
  dualFilterScratchBytes,
  dualFilterWorkBytes,
  gramBytes,
  gramOfColumnsScratchBytes,
  rightBytes,
} from "../../src/runtime/scratch.ts";
import type { Build } from "../support/kernels.ts";
import { builds, fillMatrix, kernelArena, largestDifference } from "../support/kernels.ts";
import type { Arena } from "edgeprop/runtime";

/** Around lanes of 2, panels of 4 and 8, blocks of 64 terms. */
const sizes = [1, 3, 4, 5, 8, 9, 65];

interface Shape {
  readonly rows: number;
  readonly inputs: number;
  readonly outputs: number;
}

function arenaFor(build: Build, { rows, inputs, outputs }: Shape): Arena {
  const size = Math.max(rows, inputs + 1);
  const arena = kernelArena(build, {
    a: 4 * rows * inputs,
    g: 4 * rows * outputs,
    gram: gramBytes(size),
    right: rightBytes(size, outputs),
    filter: dualFilterWorkBytes(rows, outputs),
    behindFilter: 64,
    scratch: Math.max(dualFilterScratchBytes(rows, inputs, outputs), gramOfColumnsScratchBytes(inputs, rows)),
    work: conjugateGradientsWorkBytes(size),
    out: 4 * size * outputs,
  });
  fillMatrix(arena.floats("a"), { rows, columns: inputs, stride: inputs }, 1);
  fillMatrix(arena.floats("g"), { rows, columns: outputs, stride: outputs }, 2);
  // What was there before must not matter.
  arena.bytes("gram").fill(0xff);
  arena.bytes("right").fill(0xff);
  return arena;
}

function doubles(arena: Arena, name: string): Float64Array {
  return new Float64Array(arena.bytes(name).slice().buffer);
}

/** [a, 1] as rows of float64. */
function rowsOfA(arena: Arena, { rows, inputs }: Shape): number[][] {
  return Array.from({ length: rows }, (_, i) => [
    ...arena.floats("a").subarray(i * inputs, (i + 1) * inputs),
    1,
  ]);
}

/** Right-hand sides lie in panels of 8 columns, each with all its rows. */
function rightAt(arena: Arena, size: number): (row: number, column: number) => number {
  const right = doubles(arena, "right");
  return (row, column) => right[(column >> 3) * size * 8 + row * 8 + (column & 7)] ?? Number.NaN;
}

function columnsOf(matrix: readonly (readonly number[])[], count: number): number[][] {
  return Array.from({ length: count }, (_, j) => matrix.map((row) => row[j] ?? 0));
}

function dot(x: readonly number[], y: readonly number[]): number {
  return x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
}

/** x of so many iterations on K x = r, from 0. */
function conjugateGradients(k: readonly number[][], right: readonly number[], iterations: number): number[] {
  let x = right.map(() => 0);
  let r = [...right];
  let p = r;
  for (let i = 0; i < iterations && dot(r, r) > 2 ** -80 * dot(right, right); i++) {
    const image = k.map((row) => dot(row, p));
    const length = dot(r, r) / dot(p, image);
    const next = r.map((value, j) => value - length * (image[j] ?? 0));
    const turn = dot(next, next) / dot(r, r);
    x = x.map((value, j) => value + length * (p[j] ?? 0));
    p = next.map((value, j) => value + turn * (p[j] ?? 0));
    r = next;
  }
  return x;
}

function upperDifference(found: Float64Array, vectors: readonly (readonly number[])[]): number {
  const stride = Math.ceil(vectors.length / 4) * 4;
  const pairs = vectors.flatMap((x, i) =>
    vectors.slice(i).map((y, j) => [found[i * stride + i + j] ?? Number.NaN, dot(x, y)] as const),
  );
  return largestDifference(
    pairs.map(([value]) => value),
    pairs.map(([, value]) => value),
  );
}

/** Products of float32 are exact in float64 and up to 66 of them are summed, each sum below 66. */
const gramTolerance = 66 * 66 * 2 ** -53;

const shapes = sizes.flatMap((rows) =>
  sizes.flatMap((inputs) => sizes.map((outputs) => ({ rows, inputs, outputs }))),
);

describe.for(builds)("%s", (build) => {
  it("gramOfRows is a a^T + 1", ({ expect }) => {
    for (const shape of shapes) {
      const arena = arenaFor(build, shape);
      arena.kernels.gramOfRows(
        shape.rows,
        shape.inputs,
        arena.at("a"),
        shape.inputs,
        arena.at("gram"),
        arena.at("scratch"),
      );
      expect(
        upperDifference(doubles(arena, "gram"), rowsOfA(arena, shape)),
        JSON.stringify(shape),
      ).toBeLessThan(gramTolerance);
    }
  });

  it("gramOfColumns is [a, 1]^T [a, 1] and [a, 1]^T g", ({ expect }) => {
    for (const shape of shapes) {
      const { rows, inputs, outputs } = shape;
      const arena = arenaFor(build, shape);
      arena.kernels.gramOfColumns(
        rows,
        inputs,
        outputs,
        arena.at("a"),
        inputs,
        arena.at("g"),
        outputs,
        arena.at("gram"),
        arena.at("right"),
        arena.at("scratch"),
      );
      const a = columnsOf(rowsOfA(arena, shape), inputs + 1);
      expect(upperDifference(doubles(arena, "gram"), a), JSON.stringify(shape)).toBeLessThan(gramTolerance);
      const g = columnsOf(
        Array.from({ length: rows }, (_, i) => [
          ...arena.floats("g").subarray(i * outputs, (i + 1) * outputs),
        ]),
        outputs,
      );
      const right = rightAt(arena, inputs + 1);
      const found = a.flatMap((_, i) => g.map((__, j) => right(i, j)));
      expect(
        largestDifference(
          found,
          a.flatMap((x) => g.map((y) => dot(x, y))),
        ),
        JSON.stringify(shape),
      ).toBeLessThan(gramTolerance);
    }
  });

  it("choleskyFactor and choleskySolve solve the damped system for every column", ({ expect }) => {
    for (const shape of shapes) {
      const { rows, inputs, outputs } = shape;
      const arena = arenaFor(build, shape);
      const { kernels } = arena;
      const damping = 0.5;
      kernels.gramOfRows(rows, inputs, arena.at("a"), inputs, arena.at("gram"), arena.at("scratch"));
      kernels.choleskyFactor(rows, damping, arena.at("gram"));
      kernels.promoteRows(rows, outputs, outputs, arena.at("g"), arena.at("right"));
      kernels.choleskySolve(rows, outputs, arena.at("gram"), arena.at("right"));
      const a = rowsOfA(arena, shape);
      const x = rightAt(arena, rows);
      const g = arena.floats("g");
      const residuals = a.flatMap((rowOfA, i) =>
        Array.from({ length: outputs }, (_, j) => {
          const left = a.reduce(
            (sum, other, k) => sum + (dot(rowOfA, other) + (i === k ? damping : 0)) * x(k, j),
            0,
          );
          return left - (g[i * outputs + j] ?? 0);
        }),
      );
      // Backward stable: a few units of 2^-53 of |K| |x| <= (66 * 66) * (66 / damping).
      expect(
        largestDifference(
          residuals,
          residuals.map(() => 0),
        ),
        JSON.stringify(shape),
      ).toBeLessThan(66 ** 3 * 2 * 2 ** -53);
      kernels.demoteRows(rows, outputs, outputs, 3, arena.at("right"), arena.at("out"));
      const demoted = Array.from({ length: rows * outputs }, (_, index) =>
        Math.fround(3 * x(Math.floor(index / outputs), index % outputs)),
      );
      expect([...arena.floats("out").subarray(0, rows * outputs)]).toEqual(demoted);
    }
  });

  const filtered = [
    ...shapes,
    ...[2, 15, 16, 17, 33].map((rows) => ({ rows, inputs: 130, outputs: 2 * rows })),
    // Around the columns that the inverse is multiplied with at a time.
    ...[127, 128, 129, 255, 257].map((outputs) => ({ rows: 9, inputs: 20, outputs })),
  ];

  function filter(arena: Arena, { rows, inputs, outputs }: Shape, damping: number): void {
    const [a, g, gram] = [arena.at("a"), arena.at("g"), arena.at("gram")];
    const [work, scratch] = [arena.at("filter"), arena.at("scratch")];
    arena.bytes("filter").fill(0xff);
    const behind = arena.bytes("behindFilter").fill(0xab);
    arena.kernels.filterRows(rows, inputs, outputs, damping, damping, a, g, gram, work, scratch);
    if (behind.some((byte) => byte !== 0xab)) throw new Error("filterRows writes beyond its work");
  }

  it("filterRows solves the damped system in float32 where the damping swamps its rounding", ({ expect }) => {
    const damping = 66;
    for (const shape of filtered) {
      const { outputs } = shape;
      const arena = arenaFor(build, shape);
      const a = rowsOfA(arena, shape);
      const g = arena.floats("g").slice();
      filter(arena, shape, damping);
      const x = arena.floats("g");
      const residuals = a.flatMap((row, i) =>
        Array.from({ length: outputs }, (_, j) => {
          const image = a.reduce((sum, other, k) => sum + dot(row, other) * (x[k * outputs + j] ?? 0), 0);
          return image / damping + (x[i * outputs + j] ?? 0) - (g[i * outputs + j] ?? 0);
        }),
      );
      const zeros = residuals.map(() => 0);
      // A few float32 roundings, multiplied by the condition, of at most 66 * 66 / damping.
      expect(largestDifference(residuals, zeros), JSON.stringify(shape)).toBeLessThan(66 * 8 * 2 ** -24);
    }
  });

  it("filterRows is the very float64 solve where it does not", ({ expect }) => {
    const damping = 1e-5;
    for (const shape of filtered) {
      const { rows, inputs, outputs } = shape;
      const arena = arenaFor(build, shape);
      const { kernels } = arena;
      kernels.gramOfRows(rows, inputs, arena.at("a"), inputs, arena.at("gram"), arena.at("scratch"));
      kernels.choleskyFactor(rows, damping, arena.at("gram"));
      kernels.promoteRows(rows, outputs, outputs, arena.at("g"), arena.at("right"));
      kernels.choleskySolve(rows, outputs, arena.at("gram"), arena.at("right"));
      kernels.demoteRows(rows, outputs, outputs, damping, arena.at("right"), arena.at("out"));
      const expected = arena.floats("out").slice(0, rows * outputs);
      filter(arena, shape, damping);
      expect(arena.floats("g"), JSON.stringify(shape)).toEqual(expected);
    }
  });

  it("conjugate gradients of either side agree with float64 loops on the primal system", ({ expect }) => {
    const damping = 0.5;
    for (const shape of shapes) {
      const { rows, inputs, outputs } = shape;
      const arena = arenaFor(build, shape);
      const { kernels } = arena;
      const [a, gram, right] = [arena.at("a"), arena.at("gram"), arena.at("right")];
      const columns = columnsOf(rowsOfA(arena, shape), inputs + 1);
      const g = columnsOf(
        Array.from({ length: rows }, (_, i) => [
          ...arena.floats("g").subarray(i * outputs, (i + 1) * outputs),
        ]),
        outputs,
      );
      const k = columns.map((x, i) => columns.map((y, j) => dot(x, y) + (i === j ? damping : 0)));
      const steps = g.map((column) =>
        conjugateGradients(
          k,
          columns.map((x) => dot(x, column)),
          2,
        ),
      );
      const expected = columns.flatMap((_, i) => steps.map((step) => step[i] ?? Number.NaN));
      const largest = Math.max(...expected.map(Math.abs));

      kernels.gramOfColumns(
        rows,
        inputs,
        outputs,
        a,
        inputs,
        arena.at("g"),
        outputs,
        gram,
        right,
        arena.at("scratch"),
      );
      kernels.conjugateGradientsPrimal(inputs + 1, outputs, damping, 2, gram, right, arena.at("work"));
      const d = rightAt(arena, inputs + 1);
      const primal = columns.flatMap((_, i) => steps.map((__, j) => d(i, j)));
      // Float64's rounding, over sums of up to 66 terms.
      expect(largestDifference(primal, expected), JSON.stringify(shape)).toBeLessThan(1e-12 * largest);

      kernels.gramOfRows(rows, inputs, a, inputs, gram, arena.at("scratch"));
      kernels.promoteRows(rows, outputs, outputs, arena.at("g"), right);
      kernels.conjugateGradientsDual(rows, outputs, damping, 2, gram, right, arena.at("work"));
      const y = rightAt(arena, rows);
      const dual = columns.flatMap((x) => steps.map((_, j) => x.reduce((sum, v, i) => sum + v * y(i, j), 0)));
      // Where A^T G all but cancels, its digits are lost in A^T Y.
      expect(largestDifference(dual, expected), JSON.stringify(shape)).toBeLessThan(1e-11 * largest);
    }
  });

  it("stays finite for a singular matrix without damping: a step as if tau were a little smaller", ({
    expect,
  }) => {
    const shape = { rows: 9, inputs: 4, outputs: 2 };
    const arena = arenaFor(build, shape);
    arena.floats("a").fill(1e19);
    const { kernels } = arena;
    kernels.gramOfRows(9, 4, arena.at("a"), 4, arena.at("gram"), arena.at("scratch"));
    kernels.choleskyFactor(9, 0, arena.at("gram"));
    kernels.promoteRows(9, 2, 2, arena.at("g"), arena.at("right"));
    kernels.choleskySolve(9, 2, arena.at("gram"), arena.at("right"));
    expect(
      doubles(arena, "right")
        .subarray(0, 9 * 8)
        .every(Number.isFinite),
    ).toBe(true);
  });

  it("raises a damping that float64 cannot tell from zero to one that it can", ({ expect }) => {
    const [raised, explicit] = [0, 10 ** 2 * 2 ** -52 * 5].map((damping) => {
      const arena = arenaFor(build, { rows: 9, inputs: 4, outputs: 1 });
      arena.floats("a").fill(1);
      arena.kernels.gramOfRows(9, 4, arena.at("a"), 4, arena.at("gram"), arena.at("scratch"));
      arena.kernels.choleskyFactor(9, damping, arena.at("gram"));
      return doubles(arena, "gram");
    });
    expect(raised).toEqual(explicit);
  });

  it("stays finite for a matrix that is not even semi-definite", ({ expect }) => {
    const arena = arenaFor(build, { rows: 2, inputs: 1, outputs: 1 });
    const gram = new Float64Array(16);
    gram.set([1, 2, 0, 0, 0, 1]);
    arena.bytes("gram").set(new Uint8Array(gram.buffer));
    arena.kernels.choleskyFactor(2, 0, arena.at("gram"));
    arena.kernels.promoteRows(2, 1, 1, arena.at("g"), arena.at("right"));
    arena.kernels.choleskySolve(2, 1, arena.at("gram"), arena.at("right"));
    expect(doubles(arena, "right").subarray(0, 16).every(Number.isFinite)).toBe(true);
  });
});
