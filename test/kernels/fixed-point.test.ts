import fc from "fast-check";
import { describe, it } from "vitest";
import type { Arena } from "edgeprop/runtime";
import type { Build } from "../support/kernels.ts";
import { builds, kernelArena } from "../support/kernels.ts";

const counts = [0, 1, 3, 4, 5, 33, 1001];

function arenaOf(build: Build, count: number): Arena {
  return kernelArena(build, { deltas: 4 * count, sums: 8 * count, other: 8 * count, params: 4 * count });
}

function integers(arena: Arena, name: string): bigint[] {
  return [...new BigInt64Array(arena.bytes(name).slice().buffer)];
}

/** Half to even, in exact integers: x is a float64 below 2^62 in size. */
function roundHalfEven(x: number): bigint {
  const floor = Math.floor(x);
  const rest = x - floor;
  const isUp = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0);
  return BigInt(floor) + (isUp ? 1n : 0n);
}

describe.for(builds)("%s", (build) => {
  it("adds weight x delta x 2^32, rounded half to even, whatever the size", ({ expect }) => {
    for (const count of counts) {
      const arena = arenaOf(build, count);
      const deltas = Float32Array.from({ length: count }, (_, i) => ((i % 17) - 8) * 10 ** ((i % 13) - 9));
      arena.floats("deltas").set(deltas);
      arena.kernels.fixedPointAdd(count, 3.7, arena.at("deltas"), arena.at("sums"));
      arena.kernels.fixedPointAdd(count, 1, arena.at("deltas"), arena.at("sums"));
      const expected = [...deltas].map(
        (delta) => roundHalfEven(delta * (3.7 * 2 ** 32)) + roundHalfEven(delta * 2 ** 32),
      );
      expect(integers(arena, "sums")).toEqual(expected);
    }
  });

  it("rounds ties to even: in a vector, behind it, and where one large neighbour takes the long way", ({
    expect,
  }) => {
    const ties = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.25, 3.5, 2.5];
    for (const large of [0, 2 ** 53]) {
      const values = [large, ...ties];
      const arena = arenaOf(build, values.length);
      arena.floats("deltas").set(values.map((value) => value / 2 ** 32));
      arena.kernels.fixedPointAdd(values.length, 1, arena.at("deltas"), arena.at("sums"));
      expect(integers(arena, "sums")).toEqual([large, 0, 2, 2, 0, -2, -2, 0, 4, 2].map(BigInt));
    }
  });

  it("is exact on either side of 2^51, where the way of rounding changes", ({ expect }) => {
    for (const units of [
      2 ** 51 - 1,
      2 ** 51 - 0.5,
      2 ** 51,
      2 ** 51 + 0.5,
      2 ** 51 + 1,
      2 ** 52 + 1,
      2 ** 53 - 1,
    ]) {
      for (const sign of [1, -1]) {
        const arena = arenaOf(build, 5);
        arena.floats("deltas").fill(sign);
        arena.kernels.fixedPointAdd(5, units / 2 ** 32, arena.at("deltas"), arena.at("sums"));
        const rounded = roundHalfEven(sign * units);
        expect(integers(arena, "sums")).toEqual([rounded, rounded, rounded, rounded, rounded]);
      }
    }
  });

  it("gives the same sums for any order and any grouping of the updates", ({ expect }) => {
    const delta = fc.float({ noNaN: true, noDefaultInfinity: true, min: -1000, max: 1000 });
    const update = fc.record({
      weight: fc.integer({ min: 1, max: 60_000 }),
      deltas: fc.array(delta, { minLength: 7, maxLength: 7 }),
    });
    fc.assert(
      fc.property(fc.array(update, { minLength: 1, maxLength: 8 }), fc.nat(), (updates, cut) => {
        const straight = arenaOf(build, 7);
        for (const { weight, deltas } of updates) add(straight, "sums", weight, deltas);
        const grouped = arenaOf(build, 7);
        const split = cut % (updates.length + 1);
        for (const { weight, deltas } of updates.slice(split).toReversed())
          add(grouped, "other", weight, deltas);
        for (const { weight, deltas } of updates.slice(0, split).toReversed())
          add(grouped, "sums", weight, deltas);
        grouped.kernels.fixedPointMerge(7, grouped.at("other"), grouped.at("sums"));
        expect(integers(grouped, "sums")).toEqual(integers(straight, "sums"));
      }),
    );
  });

  it("reaches to the ends of the 63 bits", ({ expect }) => {
    const arena = arenaOf(build, 4);
    arena.floats("deltas").set([2 ** 31 - 128, -(2 ** 31), 2 ** 20, -(2 ** 19)]);
    arena.kernels.fixedPointAdd(4, 1, arena.at("deltas"), arena.at("sums"));
    expect(integers(arena, "sums")).toEqual([2n ** 63n - 2n ** 39n, -(2n ** 63n), 2n ** 52n, -(2n ** 51n)]);
  });

  it("fixedPointApply rounds params + sums x 2^-32 x scale once", ({ expect }) => {
    for (const count of counts) {
      const arena = arenaOf(build, count);
      const sums = BigInt64Array.from({ length: count }, (_, i) => BigInt(i - 5) * 123_456_789_012_345n);
      const params = Float32Array.from({ length: count }, (_, i) => Math.sin(i));
      arena.bytes("sums").set(new Uint8Array(sums.buffer));
      arena.floats("params").set(params);
      arena.kernels.fixedPointApply(count, 0.1, arena.at("sums"), arena.at("params"));
      const expected = [...params].map((param, i) => Math.fround(param + Number(sums[i]) * (0.1 / 2 ** 32)));
      expect([...arena.floats("params")]).toEqual(expected);
    }
  });

  it("largestMagnitude shows the largest size, infinity and NaN", ({ expect }) => {
    for (const count of counts.slice(1)) {
      const arena = arenaOf(build, count);
      const largest = (): number => arena.kernels.largestMagnitude(count, arena.at("deltas"));
      expect(largest()).toBe(0);
      for (const index of [0, count >> 1, count - 1]) {
        for (const value of [-3, Infinity, Number.NaN]) {
          arena
            .floats("deltas")
            .fill(1)
            .fill(value, index, index + 1);
          expect(largest()).toBe(Math.abs(value));
        }
      }
    }
  });
});

function add(arena: Arena, into: string, weight: number, deltas: readonly number[]): void {
  arena.floats("deltas").set(deltas);
  arena.kernels.fixedPointAdd(deltas.length, weight, arena.at("deltas"), arena.at(into));
}
