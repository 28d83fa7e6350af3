import fc from "fast-check";
import { describe, it } from "vitest";
import { errorAgainstReference, mixedModels, mixedProblem, ownSets } from "../support/layers.ts";
import { rules } from "../support/specs.ts";

describe("models of all kinds of layers", () => {
  it.for(rules)("have the direction of the float64 reference: %o", async (rule, { expect }) => {
    await fc.assert(
      fc.asyncProperty(
        mixedModels,
        fc.record({
          seed: fc.nat(),
          rows: fc.integer({ min: 1, max: 6 }),
          loss: fc.constantFrom("softmaxCrossEntropy" as const, "meanSquaredError" as const),
        }),
        fc.boolean(),
        async (model, options, deterministic) => {
          const problem = mixedProblem(model, options);
          // Float32's 6e-8, grown by sums of some hundred terms, by tau up to 3, and threefold by every layer that
          // normalises a variance of nearly 0.
          expect(
            await errorAgainstReference(problem, rule, { seed: options.seed, deterministic }),
          ).toBeLessThan(1e-3);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("are of all kinds indeed", ({ expect }) => {
    const models = fc.sample(mixedModels, { numRuns: 300, seed: 1 });
    const types = new Set(models.flatMap(({ layers }) => layers.map(({ type }) => type)));
    expect(Object.keys(ownSets.layers).filter((type) => !types.has(type))).toEqual([]);
  });

  it("have it in the layers that train, whichever these are, and zeros in all others", async ({ expect }) => {
    await fc.assert(
      fc.asyncProperty(
        mixedModels.chain((model) => {
          const possible = model.placed.filter(({ params }) => params.length > 0);
          const indices = possible.map(({ index }) => index);
          return fc.tuple(fc.constant(model), fc.subarray(indices, { minLength: 1 }));
        }),
        fc.nat(),
        fc.constantFrom(...rules),
        async ([model, trainable], seed, rule) => {
          const problem = mixedProblem(model, { seed, rows: 3, loss: "softmaxCrossEntropy" });
          // As above.
          expect(await errorAgainstReference(problem, rule, { seed, trainable })).toBeLessThan(1e-3);
        },
      ),
      { numRuns: 150 },
    );
  });
});
