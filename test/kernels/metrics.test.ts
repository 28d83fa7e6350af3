import { createRandom } from "edgeprop";
import { describe, it } from "vitest";
import { builds, kernelArena } from "../support/kernels.ts";

describe.for(builds)("the kernels of metrics, build %s", (build) => {
  it.for([1, 2, 3, 4, 5, 7, 8, 9, 17, 1000])("rank the label among %i classes", (classes, { expect }) => {
    const rows = 9;
    const random = createRandom(classes);
    const arena = kernelArena(build, { outputs: 4 * rows * classes, labels: 4 * rows, ranks: 4 * rows });
    // Few values, so that there are ties on both sides of the label.
    const outputs = Float32Array.from({ length: rows * classes }, () => random.below(4));
    const labels = Int32Array.from({ length: rows }, () => random.below(classes));
    arena.floats("outputs").set(outputs);
    arena.ints("labels").set(labels);
    arena.kernels.labelRanks(rows, classes, arena.at("outputs"), arena.at("labels"), arena.at("ranks"));
    const expected = [...labels].map((label, row) => {
      const values = outputs.slice(row * classes, (row + 1) * classes);
      const order = Array.from(values, (_, index) => index).toSorted(
        (a, b) => (values[b] ?? 0) - (values[a] ?? 0),
      );
      return order.indexOf(label);
    });
    expect([...arena.ints("ranks")]).toEqual(expected);
    for (const k of [1, 2, classes]) {
      expect(arena.kernels.countBelow(rows, k, arena.at("ranks"))).toBe(
        expected.filter((rank) => rank < k).length,
      );
    }
  });

  it("give every row its place in the confusion matrix", ({ expect }) => {
    const arena = kernelArena(build, { labels: 12, cells: 12 });
    arena.ints("labels").set([0, 2, 1]);
    arena.ints("cells").set([1, 0, 2]);
    arena.kernels.confusionCells(3, 3, arena.at("labels"), arena.at("cells"));
    expect([...arena.ints("cells")]).toEqual([1, 6, 5]);
    expect(arena.kernels.countBelow(0, 1, arena.at("cells"))).toBe(0);
  });

  it.for([0, 1, 3, 4, 5, 9, 1000])("sum %i absolute errors", (count, { expect }) => {
    const random = createRandom(count, "errors");
    const arena = kernelArena(build, { a: 4 * count, b: 4 * count });
    for (const name of ["a", "b"])
      arena.floats(name).set(Float32Array.from({ length: count }, () => 2 * random.uniform() - 1));
    const [a, b] = [[...arena.floats("a")], [...arena.floats("b")]];
    const expected = a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? 0)), 0);
    // Float64 sums in another order: 1e-16 of each of 1000 terms.
    expect(arena.kernels.sumAbsoluteErrors(count, arena.at("a"), arena.at("b"))).toBeCloseTo(expected, 11);
  });
});
