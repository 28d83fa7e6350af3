import { backprop, losses } from "edgeprop";
import type { Model } from "edgeprop";
import fc from "fast-check";
import { describe, it } from "vitest";
import { activationFormulas, referenceDirection } from "../../src/reference/index.ts";
import type { ReferenceOptions } from "../../src/reference/index.ts";
import { mixedModels, mixedProblem } from "../support/layers.ts";
import { toRows } from "../support/problems.ts";
import type { Problem } from "../support/problems.ts";

/** Of each param, flat: is it trained? */
function trainMask(model: Model): boolean[] {
  return model.placed.flatMap(({ params }) =>
    params.flatMap(({ length, isTrained }) => Array.from({ length }, () => isTrained)),
  );
}

/** The largest relative difference between a direction and central differences of the loss, over so many params at random. */
function errorOfGradient(problem: Problem, options: ReferenceOptions, seed: number): number {
  const { model } = problem;
  const batch = toRows(problem);
  const mask = trainMask(model);
  // Running moments above 0: variances are among them.
  const params = mask.map((isTrained, i) => Math.sin(3 * i + seed) / 2 + (isTrained ? 0 : 0.6));
  const { direction } = referenceDirection(model, options, params, batch);
  const h = 1e-5;
  let largest = 0;
  for (let probe = 0; probe < 12; probe++) {
    const i = (probe * 7919 + seed) % params.length;
    const moved = (by: number): number =>
      referenceDirection(model, options, params.with(i, (params[i] ?? 0) + by), batch).loss;
    const expected = mask[i] === true ? (moved(h) - moved(-h)) / (2 * h) : 0;
    const found = direction[i] ?? Number.NaN;
    largest = Math.max(largest, Math.abs(expected - found) / (1 + Math.abs(expected)));
  }
  return largest;
}

describe("the reference of all kinds of layers", () => {
  it("has the gradient of finite differences, whichever layers are frozen", ({ expect }) => {
    fc.assert(
      fc.property(
        mixedModels,
        fc.record({
          seed: fc.nat({ max: 1e6 }),
          rows: fc.integer({ min: 1, max: 4 }),
          loss: fc.constantFrom(...losses),
        }),
        fc.boolean(),
        (model, options, isFrozen) => {
          const problem = mixedProblem(model, options);
          // A frozen batchNorm takes its running moments, which then are constants; the others' directions are full.
          const trainable = isFrozen
            ? model.placed.filter(({ spec }) => spec.type !== "batchNorm").map(({ index }) => index)
            : undefined;
          const error = errorOfGradient(
            problem,
            {
              loss: options.loss,
              rule: backprop(),
              seed: options.seed,
              ...(trainable === undefined ? {} : { trainable }),
            },
            options.seed,
          );
          // Central differences err by h^2 times a third derivative, which layers that normalise make large, and by
          // 2^-53 / h.
          expect(error).toBeLessThan(1e-7);
        },
      ),
      { numRuns: 25 },
    );
  });

  it("has the slopes of finite differences in its activations", ({ expect }) => {
    const h = 1e-5;
    for (const [name, formula] of Object.entries(activationFormulas)) {
      for (let z = -30; z <= 30; z += 0.37) {
        const difference = (formula.value(z + h) - formula.value(z - h)) / (2 * h);
        expect(Math.abs(difference - formula.slope(z)), `${name} at ${z}`).toBeLessThan(1e-9);
      }
    }
  });

  it("has gelu's values as tables have the normal distribution", ({ expect }) => {
    // Phi(1), Phi(2), Phi(-3), Phi(-6): Abramowitz & Stegun, tables 26.1 and 26.2.
    const values = [
      [1, 0.8413447460685429],
      [2, 0.9772498680518208],
      [-3, 0.001349898031630095],
      [-6, 9.865876450376981e-10],
    ] as const;
    for (const [z, phi] of values) expect(activationFormulas.gelu.value(z) / (z * phi)).toBeCloseTo(1, 12);
  });
});
