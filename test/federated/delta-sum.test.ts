import { loadKernels } from "edgeprop";
import fc from "fast-check";
import { describe, it } from "vitest";
import { createDeltaSum } from "../../src/federated/index.ts";

const numParams = 9;
const kernels = loadKernels();
const updates = fc.array(
  fc.record({
    delta: fc.float32Array({ minLength: numParams, maxLength: numParams, min: -8, max: 8, noNaN: true }),
    weight: fc.integer({ min: 1, max: 60_000 }),
  }),
  { minLength: 1, maxLength: 12 },
);

describe("the sum of a round's deltas", () => {
  it("gives the same params, byte by byte, in any order of the updates", ({ expect }) => {
    const order = fc.array(fc.nat(), { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(updates, order, (given, keys) => {
        const params = Float32Array.from({ length: numParams }, (_, index) => index / 7);
        const total = given.reduce((sum, { weight }) => sum + weight, 0);
        const shuffled = given
          .map((update, index) => ({ update, key: keys[index] ?? 0 }))
          .toSorted((a, b) => a.key - b.key)
          .map(({ update }) => update);
        const apply = (ordered: typeof given): Float32Array => {
          const sum = createDeltaSum(kernels, { numParams, capacity: 12 });
          sum.clear();
          for (const { delta, weight } of ordered) sum.add(delta, weight);
          return sum.applyTo(params, 1 / total);
        };
        const result = apply(given);
        expect(apply(shuffled)).toEqual(result);
        for (const [index, value] of result.entries()) {
          const mean =
            given.reduce((sum, { delta, weight }) => sum + weight * (delta[index] ?? 0), 0) / total;
          // Each term is rounded to 2^-32, the result to float32 of at most about 10.
          expect(Math.abs(value - ((params[index] ?? 0) + mean))).toBeLessThan(1e-6);
        }
      }),
    );
  });

  it("refuses what is not finite, and what could wrap when it comes as often as it may", ({ expect }) => {
    const sum = createDeltaSum(kernels, { numParams, capacity: 4 });
    const filled = (value: number): Float32Array => new Float32Array(numParams).fill(value);
    expect(sum.problemWith(filled(Number.NaN), 1)).toMatch(/not finite/);
    expect(sum.problemWith(filled(Number.NEGATIVE_INFINITY), 1)).toMatch(/not finite/);
    expect(sum.problemWith(filled(2 ** 29), 1)).toMatch(/out of range/);
    expect(sum.problemWith(filled(2 ** 19), 1_024)).toMatch(/out of range/);
    // The largest float32 below the limit, four times: within int64.
    const largest = 2 ** 29 - 32;
    expect(sum.problemWith(filled(largest), 1)).toBeNull();
    sum.clear();
    for (let times = 0; times < 4; times++) sum.add(filled(largest), 1);
    expect(sum.applyTo(filled(0), 1 / 4)).toEqual(filled(largest));
  });
});
