import { createRandom } from "edgeprop";
import { describe, it } from "vitest";
import { builds, kernelArena, largestDifference, untouched } from "../support/kernels.ts";

/** Around halves of 2 and lanes of 4 columns. */
const columnCounts = [1, 2, 3, 4, 5, 7, 8, 9];
const size = 6;
const rows = 9;
const damping = 0.5;

function dot(x: readonly number[], y: readonly number[]): number {
  return x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
}

describe.for(builds)("%s", (build) => {
  it("steps around products agree with float64 loops, and a column without residual stays at zero", ({
    expect,
  }) => {
    const random = createRandom("steps");
    const a = Array.from({ length: rows }, () => Array.from({ length: size }, () => random.uniform() - 0.5));
    const k = Array.from({ length: size }, (_, i) =>
      Array.from({ length: size }, (__, j) => a.reduce((sum, row) => sum + (row[i] ?? 0) * (row[j] ?? 0), 0)),
    );
    for (const columns of columnCounts) {
      const count = size * columns;
      const scalars = 8 * Math.ceil(columns / 4) * 4;
      const vector = 4 * (count + 1);
      const arena = kernelArena(build, {
        x: vector,
        r: vector,
        p: vector,
        image: vector,
        floors: scalars,
        curvatures: scalars,
      });
      const { kernels } = arena;
      const at = (name: string): number => arena.at(name);
      const right = Array.from({ length: count }, (_, i) =>
        // The last column has nothing to solve.
        columns > 1 && i % columns === columns - 1 ? 0 : Math.fround(random.uniform() - 0.5),
      );
      arena.floats("x").set(right);
      for (const name of ["x", "r", "p"]) arena.floats(name)[count] = untouched;
      kernels.conjugateGradientsBegin(size, columns, at("x"), at("r"), at("p"), at("floors"));
      expect([...arena.floats("r")]).toEqual([...right, untouched]);
      const column = (name: string, j: number): number[] =>
        Array.from({ length: size }, (_, i) => arena.floats(name)[i * columns + j] ?? 0);

      const expected = Array.from({ length: columns }, (_, j) => {
        const r = column("r", j);
        return { x: r.map(() => 0), r, p: r };
      });
      for (let iteration = 0; iteration < 3; iteration++) {
        arena.bytes("curvatures").fill(0);
        const forward = a.flatMap((row) =>
          Array.from({ length: columns }, (_, j) => dot(row, column("p", j))),
        );
        const forwardArena = kernelArena(build, { values: 4 * rows * columns, sums: scalars });
        forwardArena.floats("values").set(forward);
        const [values, sums] = [forwardArena.at("values"), forwardArena.at("sums")];
        forwardArena.kernels.addColumnSquares(rows, columns, values, sums);
        arena.bytes("curvatures").set(forwardArena.bytes("sums"));
        for (let j = 0; j < columns; j++) {
          const p = column("p", j);
          for (let i = 0; i < size; i++) arena.floats("image")[i * columns + j] = dot(k[i] ?? [], p);
        }
        kernels.conjugateGradientsAdvance(
          size,
          columns,
          damping,
          at("image"),
          at("curvatures"),
          at("floors"),
          at("x"),
          at("r"),
          at("p"),
        );
        for (const state of expected) {
          const square = dot(state.r, state.r);
          if (square === 0) continue;
          const whole = k.map((row, i) => dot(row, state.p) + damping * (state.p[i] ?? 0));
          const alpha = square / dot(state.p, whole);
          state.x = state.x.map((value, i) => value + alpha * (state.p[i] ?? 0));
          state.r = state.r.map((value, i) => value - alpha * (whole[i] ?? 0));
          const beta = dot(state.r, state.r) / square;
          state.p = state.r.map((value, i) => value + beta * (state.p[i] ?? 0));
        }
      }
      for (const [j, { x }] of expected.entries()) {
        // Float32 storage, three iterations of a system of condition below 5.
        expect(largestDifference(column("x", j), x)).toBeLessThan(1e-6);
      }
      if (columns > 1) expect(column("x", columns - 1).every((value) => value === 0)).toBe(true);
      expect(["x", "r", "p"].map((name) => arena.floats(name)[count])).toEqual(Array(3).fill(untouched));
    }
  });
});
