import { describe, it } from "vitest";
import { createRandom } from "edgeprop";
import { allActivations } from "../../src/activations/index.ts";
import type { Arena } from "edgeprop/runtime";
import type { Build } from "../support/kernels.ts";
import { builds, kernelArena, largestDifference, untouched } from "../support/kernels.ts";

/** 0, 1, lane - 1, lane, lane + 1, two vectors of 16 bytes + 1, one large. */
const counts = [0, 1, 3, 4, 5, 33, 1001];

/** Buffers of `count` values in [-9, 9) with one `untouched` value behind each. */
function arenaOf(build: Build, count: number, names: readonly string[]): Arena {
  const arena = kernelArena(build, Object.fromEntries(names.map((name) => [name, 4 * (count + 1)])));
  const random = createRandom(count);
  for (const name of names) {
    const values = arena.floats(name);
    for (let i = 0; i < count; i++) values[i] = 18 * random.uniform() - 9;
    values[count] = untouched;
  }
  return arena;
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

const activations = [
  { name: "relu", value: (x: number) => Math.max(0, x), slope: (a: number) => (a > 0 ? 1 : 0) },
  { name: "tanh", value: Math.tanh, slope: (a: number) => 1 - a * a },
  { name: "sigmoid", value: sigmoid, slope: (a: number) => a * (1 - a) },
] as const;

describe.for(builds)("%s", (build) => {
  it.for(activations)("$name and its backward agree with float64", ({ name, value, slope }, { expect }) => {
    for (const count of counts) {
      const arena = arenaOf(build, count, ["values", "gradient"]);
      const expected = [...arena.floats("values").subarray(0, count)].map(value);
      arena.kernels.activate(allActivations[name].number, count, arena.at("values"));
      // Two units in the last place of a value up to 1; relu is exact.
      expect(largestDifference(arena.floats("values").subarray(0, count), expected)).toBeLessThan(2 ** -22);
      const a = arena.floats("values");
      const products = [...arena.floats("gradient").subarray(0, count)].map((g, i) => g * slope(a[i] ?? 0));
      arena.kernels[`${name}Backward`](count, arena.at("values"), arena.at("gradient"));
      // Three roundings of products up to 9.
      expect(largestDifference(arena.floats("gradient").subarray(0, count), products)).toBeLessThan(
        9 * 3 * 2 ** -24,
      );
      expect([arena.floats("values")[count], arena.floats("gradient")[count]]).toEqual([
        untouched,
        untouched,
      ]);
    }
  });

  it("tanh keeps the bits of small values, and all three saturate without overflow", ({ expect }) => {
    const arena = kernelArena(build, { values: 32 });
    const small = [1e-30, -1e-7, 1e-3, 0.5, 0.624, 0.626, -3, 8];
    arena.floats("values").set(small);
    arena.kernels.activate(allActivations.tanh.number, 8, arena.at("values"));
    const relative = [...arena.floats("values")].map((a, i) => a / Math.tanh(Math.fround(small[i] ?? 0)) - 1);
    // A few units in the last place, relative to each value.
    expect(
      largestDifference(
        relative,
        relative.map(() => 0),
      ),
    ).toBeLessThan(2 ** -21);

    const extreme = [1e30, -1e30, 200, -200, 90, -90, Infinity, -Infinity];
    for (const { name, value } of activations.slice(1)) {
      arena.floats("values").set(extreme);
      arena.kernels.activate(allActivations[name].number, 8, arena.at("values"));
      expect(largestDifference(arena.floats("values"), extreme.map(value))).toBeLessThan(1e-37);
    }
  });

  it("keeps NaN visible", ({ expect }) => {
    for (const { name } of activations) {
      const arena = arenaOf(build, 5, ["values"]);
      arena.floats("values").fill(Number.NaN);
      arena.kernels.activate(allActivations[name].number, 5, arena.at("values"));
      expect([...arena.floats("values")].every(Number.isNaN)).toBe(true);
    }
  });

  it("scaleBytes and scaleFloats multiply, the bytes lying at the end of the values they become", ({
    expect,
  }) => {
    for (const count of [0, 1, 15, 16, 17, 33, 1001]) {
      const arena = kernelArena(build, { values: 4 * count });
      const bytes = Uint8Array.from({ length: count }, (_, i) => (i * 37) % 256);
      arena.bytes("values").set(bytes, 3 * count);
      const scale = Math.fround(1 / 255);
      arena.kernels.scaleBytes(count, scale, arena.at("values") + 3 * count, arena.at("values"));
      expect([...arena.floats("values")]).toEqual([...bytes].map((byte) => Math.fround(byte * scale)));
      arena.kernels.scaleFloats(count, 3, arena.at("values"));
      expect([...arena.floats("values")]).toEqual(
        [...bytes].map((byte) => Math.fround(3 * Math.fround(byte * scale))),
      );
    }
  });

  it("softmaxRows agrees with float64, row by row", ({ expect }) => {
    for (const rows of [0, 1, 3]) {
      for (const columns of [1, 3, 4, 5, 8, 9, 101]) {
        const arena = kernelArena(build, { values: 4 * (rows * columns + 1) });
        const values = arena.floats("values");
        for (let i = 0; i < rows * columns; i++) values[i] = ((i * 7919) % 23) - 11;
        values[rows * columns] = untouched;
        const expected = Array.from({ length: rows }, (_, row) => {
          const powers = [...values.subarray(row * columns, (row + 1) * columns)].map(Math.exp);
          return powers.map((power) => power / powers.reduce((sum, each) => sum + each, 0));
        });
        arena.kernels.softmaxRows(rows, columns, arena.at("values"));
        // A few units in the last place of values up to 1.
        expect(largestDifference(values, [...expected.flat(), untouched])).toBeLessThan(4e-7);
      }
    }
  });

  it("firstNonFinite finds the first NaN or infinity", ({ expect }) => {
    for (const count of counts) {
      const arena = arenaOf(build, count, ["values"]);
      expect(arena.kernels.firstNonFinite(count, arena.at("values"))).toBe(-1);
      for (const index of [0, 1, count >> 1, count - 1].filter((each) => each >= 0 && each < count)) {
        for (const value of [Number.NaN, Infinity, -Infinity]) {
          arena.floats("values")[index] = value;
          expect(arena.kernels.firstNonFinite(count, arena.at("values"))).toBe(index);
        }
        arena.floats("values")[index] = 3e38;
      }
    }
  });

  it("firstOutside finds the first label that is no class", ({ expect }) => {
    const arena = kernelArena(build, { labels: 16 });
    arena.ints("labels").set([0, 9, 10, -1]);
    expect(arena.kernels.firstOutside(2, 10, arena.at("labels"))).toBe(-1);
    expect(arena.kernels.firstOutside(4, 10, arena.at("labels"))).toBe(2);
    expect(arena.kernels.firstOutside(4, 11, arena.at("labels"))).toBe(3);
  });

  it("columnSums, argmaxRows and countCorrect agree with loops", ({ expect }) => {
    for (const rows of [0, 1, 7]) {
      for (const columns of [1, 3, 4, 5, 9]) {
        const arena = kernelArena(build, { values: 4 * rows * columns, sums: 4 * columns, labels: 4 * rows });
        const values = arena.floats("values");
        for (let i = 0; i < values.length; i++) values[i] = (i * 7919) % 13;
        arena.kernels.columnSums(rows, columns, columns, arena.at("values"), arena.at("sums"));
        const rowsOfValues = Array.from({ length: rows }, (_, i) => [
          ...values.subarray(i * columns, (i + 1) * columns),
        ]);
        const sums = Array.from({ length: columns }, (_, j) =>
          rowsOfValues.reduce((sum, row) => sum + (row[j] ?? 0), 0),
        );
        expect([...arena.floats("sums")]).toEqual(sums);
        arena.kernels.argmaxRows(rows, columns, arena.at("values"), arena.at("labels"));
        expect([...arena.ints("labels")]).toEqual(rowsOfValues.map((row) => row.indexOf(Math.max(...row))));
        expect(arena.kernels.countCorrect(rows, columns, arena.at("values"), arena.at("labels"))).toBe(rows);
      }
    }
  });

  it("uniform fills its range evenly, alike for the same seed and unlike for another", ({ expect }) => {
    const count = 10_000;
    const arena = kernelArena(build, { a: 4 * count, b: 4 * count });
    const { kernels } = arena;
    kernels.uniform(count, 1, 2, -0.5, 1.5, arena.at("a"));
    const a = [...arena.floats("a")];
    expect(Math.min(...a)).toBeGreaterThanOrEqual(-0.5);
    expect(Math.max(...a)).toBeLessThanOrEqual(1.5);
    const mean = a.reduce((sum, value) => sum + value, 0) / count;
    const variance = a.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
    // Five standard errors: 2 / sqrt(12) / 100 and 4 / sqrt(180) / 100.
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.029);
    expect(Math.abs(variance - 1 / 3)).toBeLessThan(0.015);
    kernels.uniform(count, 1, 2, -0.5, 1.5, arena.at("b"));
    expect([...arena.floats("b")]).toEqual(a);
    kernels.uniform(count, 1, 3, -0.5, 1.5, arena.at("b"));
    expect([...arena.floats("b")].filter((value, i) => value === a[i]).length).toBeLessThan(10);
  });
});
