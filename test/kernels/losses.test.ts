import { describe, it } from "vitest";
import { builds, kernelArena } from "../support/kernels.ts";

describe.for(builds)("%s", (build) => {
  it("huber turns from the square to the line at delta, on either side", ({ expect }) => {
    const delta = 0.75;
    const errors = [0, 0.5, -0.5, 0.75, -0.75, 0.875, -0.875, 1e30, -1e30];
    const arena = kernelArena(build, { outputs: 36, targets: 36, gradient: 36 });
    for (const [i, error] of errors.entries()) {
      arena.floats("outputs")[0] = error;
      arena.floats("targets")[0] = 0;
      const loss = arena.kernels.huber(
        1,
        1,
        delta,
        1,
        arena.at("outputs"),
        0,
        arena.at("targets"),
        arena.at("gradient"),
      );
      const e = Math.fround(error);
      const isSquare = Math.abs(e) <= delta;
      expect(loss, String(i)).toBe(isSquare ? (e * e) / 2 : delta * (Math.abs(e) - delta / 2));
      expect(arena.floats("gradient")[0]).toBe(isSquare ? e : delta * Math.sign(e));
    }
  });

  it("firstNoWeight finds what is negative, infinite or no number", ({ expect }) => {
    const arena = kernelArena(build, { values: 20 });
    arena.floats("values").set([0, 1, 3e38, -0, 5]);
    expect(arena.kernels.firstNoWeight(5, arena.at("values"))).toBe(-1);
    expect(arena.kernels.firstNoWeight(0, arena.at("values"))).toBe(-1);
    for (const value of [-1e-30, Infinity, Number.NaN, -Infinity]) {
      arena.floats("values")[3] = value;
      expect(arena.kernels.firstNoWeight(5, arena.at("values"))).toBe(3);
      expect(arena.kernels.firstNoWeight(3, arena.at("values"))).toBe(-1);
    }
  });

  it("sumOfSquares is that of float64, where float32 would overflow too", ({ expect }) => {
    for (const count of [0, 1, 3, 4, 5, 9, 1001]) {
      const arena = kernelArena(build, { values: 4 * (count + 1) });
      const values = arena.floats("values");
      for (let i = 0; i <= count; i++) values[i] = (i % 2 === 0 ? 1e30 : -3) * (i + 1);
      const expected = [...values.subarray(0, count)].reduce((sum, value) => sum + value * value, 0);
      // The order of the sum: float64's 1e-16 a term.
      expect(Math.abs(arena.kernels.sumOfSquares(count, arena.at("values")) - expected)).toBeLessThanOrEqual(
        1e-13 * expected,
      );
    }
  });
});
