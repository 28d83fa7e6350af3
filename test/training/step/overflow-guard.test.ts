import {
  EdgepropError,
  adagrad,
  adam,
  adamw,
  allSets,
  createRandom,
  loadKernels,
  momentum,
  nesterov,
  rmsprop,
  sgd,
} from "edgeprop";
import type { KnownOptimizer } from "edgeprop";
import { createArena, planBuffers } from "edgeprop/runtime";
import { bindOptimizer } from "edgeprop/training";
import fc from "fast-check";
import { describe, it } from "vitest";
import { buildOptimizer } from "../../../src/training/step/apply-direction.ts";
import { createGuardedOptimizer } from "../../../src/training/step/overflow-guard.ts";
import { optimizerBuffers } from "../../../src/training/step/plan-memory.ts";

/** Magnitudes all over float32. */
const magnitudes = fc.integer({ min: -45, max: 38 }).map((exponent) => 10 ** exponent);
const rates = fc.integer({ min: -12, max: 60 }).map((exponent) => 10 ** exponent);
const decays = fc.oneof(fc.constant(0), magnitudes);
const keeps = fc.constantFrom(0, 0.5, 0.9, 0.999, 1 - 2 ** -40);

const adaptive = {
  learningRate: rates,
  beta1: keeps,
  beta2: keeps,
  epsilon: magnitudes,
  weightDecay: decays,
};
const keeping = { learningRate: rates, momentum: keeps, weightDecay: decays };

const byName = {
  sgd: fc.oneof(
    fc.record({ learningRate: rates, weightDecay: decays }).map(sgd),
    fc.record(keeping).map(momentum),
    fc.record(keeping).map(nesterov),
  ),
  adam: fc.record(adaptive).map(adam),
  adamw: fc.record(adaptive).map(adamw),
  rmsprop: fc
    .record({ learningRate: rates, decay: keeps, epsilon: magnitudes, weightDecay: decays })
    .map(rmsprop),
  adagrad: fc.record({ learningRate: rates, epsilon: magnitudes, weightDecay: decays }).map(adagrad),
} satisfies Record<keyof typeof allSets.optimizers, fc.Arbitrary<KnownOptimizer>>;

const optimizers = fc
  .oneof(...Object.values<fc.Arbitrary<KnownOptimizer>>(byName))
  .map((spec) => bindOptimizer(spec, allSets));

const count = 9;

const overflow = new EdgepropError("non-finite", "it would overflow");

describe("the guarded optimizer", () => {
  it("leaves params and state finite after every step, or as they were", ({ expect }) => {
    const module = loadKernels();
    const seen = { applied: 0, undone: 0 };
    fc.assert(
      fc.property(
        optimizers,
        fc.array(magnitudes, { minLength: 1, maxLength: 12 }),
        magnitudes,
        fc.nat(),
        (optimizer, sizes, paramSize, seed) => {
          const names = optimizerBuffers(optimizer);
          const buffers = ["params", ...names];
          const bytes = 4 * (count + 2);
          const arena = createArena(
            module,
            planBuffers([...buffers, "direction"].map((name) => ({ name, bytes }))),
          );
          // What lies outside the range is none of its business, whatever it is.
          const guarded = createGuardedOptimizer(arena, optimizer, [{ offset: 1, length: count }]);
          const applyDirection = buildOptimizer(arena, optimizer, [
            {
              make: [],
              direction: arena.at("direction") + 4,
              rows: 1,
              columns: count,
              offset: 1,
              stride: 0,
            },
          ]);
          const random = createRandom(seed);
          const fill = (name: string, size: number): void => {
            const values = arena.floats(name);
            for (let i = 1; i <= count; i++) values[i] = i % 4 === 0 ? 0 : size * (2 * random.uniform() - 1);
            values[0] = Number.NaN;
          };
          fill("params", paramSize);
          for (const [index, size] of sizes.entries()) {
            fill("direction", size);
            const before = buffers.map((name) => arena.floats(name).slice());
            const error = guarded.apply(index + 1, {
              applyDirection,
              learningRate: optimizer.spec.learningRate,
              largestDirection: arena.kernels.largestMagnitude(count, arena.at("direction") + 4),
              diagnose: () => overflow,
            });
            const isApplied = error === null;
            seen[isApplied ? "applied" : "undone"] += 1;
            if (isApplied) {
              for (const name of buffers)
                expect(
                  arena
                    .floats(name)
                    .subarray(1, 1 + count)
                    .every(Number.isFinite),
                ).toBe(true);
            } else {
              expect(error).toBe(overflow);
              expect(buffers.map((name) => arena.floats(name))).toEqual(before);
            }
          }
        },
      ),
      { numRuns: 1000 },
    );
    // Both ends are met, often.
    expect(Math.min(seen.applied, seen.undone)).toBeGreaterThan(250);
  });
});
