import fc from "fast-check";
import { describe, it } from "vitest";
import { parsePartition, partitionExamples } from "../../src/data/index.ts";

const labels = Array.from({ length: 1_000 }, (_, index) => index % 10);

describe("a partition", () => {
  it("gives every example to exactly one client and every client at least one", ({ expect }) => {
    const partition = fc.oneof(
      fc.constant({ kind: "iid" as const }),
      fc.record({
        kind: fc.constant("dirichlet" as const),
        alpha: fc.constantFrom(1e-4, 0.01, 0.1, 0.5, 1, 100),
      }),
    );
    fc.assert(
      fc.property(partition, fc.integer({ min: 1, max: 40 }), fc.nat(), (kind, clients, seed) => {
        const shards = partitionExamples(labels, { clients, partition: kind, seed });
        expect(shards).toHaveLength(clients);
        expect(Math.min(...shards.map(({ length }) => length))).toBeGreaterThan(0);
        expect(shards.flat().toSorted((a, b) => a - b)).toEqual(labels.map((_, index) => index));
      }),
    );
  });

  it("is the same for the same seed and another for another", ({ expect }) => {
    const split = (seed: number) =>
      partitionExamples(labels, { clients: 8, partition: { kind: "dirichlet", alpha: 0.5 }, seed });
    expect(split(1)).toEqual(split(1));
    expect(split(1)).not.toEqual(split(2));
  });

  it("is more skewed the smaller alpha is", ({ expect }) => {
    // Mean share of a client's most frequent label: 0.1 for an even split, 1 for one label a client.
    const skew = (alpha: number) => {
      const shards = partitionExamples(labels, {
        clients: 8,
        partition: { kind: "dirichlet", alpha },
        seed: 3,
      });
      const shares = shards.map((shard) => {
        const counts = new Map<number, number>();
        for (const index of shard) counts.set(index % 10, (counts.get(index % 10) ?? 0) + 1);
        return Math.max(...counts.values()) / shard.length;
      });
      return shares.reduce((a, b) => a + b, 0) / shares.length;
    };
    expect(skew(0.05)).toBeGreaterThan(skew(0.5));
    expect(skew(0.5)).toBeGreaterThan(skew(100));
    expect(skew(100)).toBeLessThan(0.2);
  });

  it("is parsed from its name", ({ expect }) => {
    expect(parsePartition("iid")).toEqual({ kind: "iid" });
    expect(parsePartition("dirichlet:0.1")).toEqual({ kind: "dirichlet", alpha: 0.1 });
    for (const text of [
      "",
      "dirichlet",
      "dirichlet:",
      "dirichlet:0",
      "dirichlet:-1",
      "dirichlet:x",
      "iid:1",
    ]) {
      expect(() => parsePartition(text)).toThrow(expect.objectContaining({ code: "bad-option" }));
    }
  });

  it("of fewer examples than clients is refused", ({ expect }) => {
    expect(() => partitionExamples([1, 2], { clients: 3, partition: { kind: "iid" }, seed: 1 })).toThrow(
      /2 examples/,
    );
  });
});
