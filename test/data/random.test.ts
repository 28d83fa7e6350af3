import fc from "fast-check";
import { describe, it } from "vitest";
import { batchRanges, epochOrder } from "../../src/data/batches.ts";
import { createRandom } from "../../src/data/index.ts";

describe("seeded random", () => {
  it("is the same for the same parts and another for any other", ({ expect }) => {
    const first = (...parts: (number | string)[]): number => createRandom(...parts).uint32();
    const parts: (number | string)[][] = [
      [],
      [0],
      [1],
      [-1],
      ["1"],
      [1, 2],
      [2, 1],
      [12],
      ["a", "b"],
      ["ab"],
      ["a,b"],
      [2 ** 40],
      [2 ** 40 + 1],
    ];
    expect(new Set(parts.map((each) => first(...each))).size).toBe(parts.length);
    for (const each of parts) expect(first(...each)).toBe(first(...each));
  });

  it("spreads evenly", ({ expect }) => {
    const random = createRandom(7);
    const draws = Array.from({ length: 40_000 }, () => random.uniform());
    expect(draws.every((value) => value >= 0 && value < 1)).toBe(true);
    // Five standard errors: sqrt(1 / 12 / 40,000) of the mean; sqrt(4,000) of a tenth's count.
    expect(Math.abs(draws.reduce((a, b) => a + b, 0) / draws.length - 0.5)).toBeLessThan(0.0073);
    const tenths = Array.from({ length: 10 }, () => 0);
    for (const value of draws) tenths[Math.floor(10 * value)] = (tenths[Math.floor(10 * value)] ?? 0) + 1;
    expect(tenths.every((count) => Math.abs(count - 4000) < 317)).toBe(true);
  });

  it("below(limit) favours no remainder, however large the limit", ({ expect }) => {
    const random = createRandom(3);
    const limit = 3 * 2 ** 30;
    // Without rejection the lowest third would be drawn half of the time.
    const low = Array.from({ length: 10_000 }, () => random.below(limit)).filter(
      (value) => value < 2 ** 30,
    ).length;
    expect(Math.abs(low / 10_000 - 1 / 3)).toBeLessThan(0.024);
    expect(random.below(1)).toBe(0);
  });

  it("shuffles into every order alike", ({ expect }) => {
    const random = createRandom(11);
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const values = [1, 2, 3, 4];
      random.shuffle(values);
      counts.set(values.join(""), (counts.get(values.join("")) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    // Five standard errors of a count of 1,000.
    expect([...counts.values()].every((count) => Math.abs(count - 1000) < 158)).toBe(true);
  });
});

describe("batches", () => {
  it("cover every example once, in an order of seed and epoch alone", ({ expect }) => {
    fc.assert(
      fc.property(
        fc.nat({ max: 200 }),
        fc.integer({ min: 1, max: 50 }),
        fc.nat(),
        fc.nat(),
        (numExamples, batchSize, seed, epoch) => {
          const order = epochOrder(numExamples, { seed, epoch });
          expect(order).toEqual(epochOrder(numExamples, { seed, epoch }));
          expect([...order].toSorted((a, b) => a - b)).toEqual(
            Array.from({ length: numExamples }, (_, i) => i),
          );
          const ranges = [...batchRanges(numExamples, batchSize)];
          expect(ranges.flatMap(({ begin, end }) => [...order.subarray(begin, end)])).toEqual([...order]);
          expect(ranges.every(({ begin, end }) => end > begin && end - begin <= batchSize)).toBe(true);
        },
      ),
    );
  });
});
