import { adam, backprop, createTrainer, losses, momentum, nesterov, proxProp, sgd } from "edgeprop";
import type { Activation, Optimizer, Trainer, UpdateRule } from "edgeprop";
import fc from "fast-check";
import { describe, it } from "vitest";
import { relativeError } from "../../scripts/vector-case.ts";
import { referenceDirection, referenceUpdate } from "../../src/training/reference.ts";
import type { ReferenceState } from "../../src/training/reference.ts";
import { createProblem, toRows } from "../support/problems.ts";
import type { Problem } from "../support/problems.ts";

const activations: readonly Activation[] = ["linear", "relu", "tanh", "sigmoid"];

const problems = fc
  .record({
    seed: fc.nat(),
    rows: fc.integer({ min: 1, max: 40 }),
    sizes: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 5 }),
    activation: fc.constantFrom(...activations),
    loss: fc.constantFrom(...losses),
  })
  .map(createProblem);

const rules: fc.Arbitrary<UpdateRule> = fc.oneof(
  fc.constant(backprop()),
  fc
    .record({
      tau: fc.constantFrom(1e-3, 0.1, 1, 10, 100),
      reduction: fc.constantFrom("mean", "sum"),
      lastLayer: fc.constantFrom("explicit", "prox"),
    })
    .map(proxProp),
);

const optimizers: readonly Optimizer[] = [
  sgd({ learningRate: 0.1, weightDecay: 0.01 }),
  momentum({ learningRate: 0.05, momentum: 0.8 }),
  nesterov({ learningRate: 0.05, momentum: 0.9, weightDecay: 0.001 }),
  adam({ learningRate: 0.01, epsilon: 1e-3, weightDecay: 0.01 }),
];

async function trainerFor(
  { model, loss, rows }: Problem,
  rule: UpdateRule,
  options: { optimizer?: Optimizer; deterministic: boolean },
): Promise<Trainer> {
  const { optimizer = sgd({ learningRate: 0.1 }), deterministic } = options;
  return createTrainer(model, { loss, rule, optimizer, batchSize: rows, deterministic });
}

/** Relative to the largest value: float32's 6e-8, grown by sums of up to 40 terms through 4 layers and by 1 / tau against A^T A. */
const tolerance = 2e-4;

describe.for([true, false])("the trainer on wasm, deterministic: %s", (deterministic) => {
  it("gives the loss, outputs and direction of the float64 reference on random networks", async ({
    expect,
  }) => {
    await fc.assert(
      fc.asyncProperty(problems, rules, async (problem, rule) => {
        const trainer = await trainerFor(problem, rule, { deterministic });
        const expected = referenceDirection(
          problem.model,
          { loss: problem.loss, rule },
          await trainer.getParams(),
          toRows(problem),
        );
        const { loss, outputs, direction } = await trainer.direction(problem.batch);
        expect(Math.abs(loss - expected.loss)).toBeLessThan(tolerance * (1 + expected.loss));
        expect(relativeError(outputs, expected.outputs.flat())).toBeLessThan(tolerance);
        // A unit whose gradient all but cancels has no digits to compare: hence relative to all of the direction.
        expect(relativeError(direction, expected.direction)).toBeLessThan(tolerance);
      }),
      { numRuns: 200 },
    );
  });

  it.for(optimizers)(
    "takes the reference's steps: $name, momentum $momentum",
    async (optimizer, { expect }) => {
      const problem = createProblem({
        seed: 5,
        rows: 9,
        sizes: [7, 8, 5],
        activation: "tanh",
        loss: "softmaxCrossEntropy",
      });
      const rule = proxProp({ tau: 2 });
      const trainer = await trainerFor(problem, rule, { optimizer, deterministic });
      let state: ReferenceState = { params: [...(await trainer.getParams())], steps: 0, moments: [] };
      for (let step = 0; step < 20; step++) {
        const { loss } = await trainer.step(problem.batch);
        const expected = referenceDirection(
          problem.model,
          { loss: problem.loss, rule },
          state.params,
          toRows(problem),
        );
        expect(Math.abs(loss - expected.loss)).toBeLessThan(1e-5);
        state = referenceUpdate(optimizer, state, expected.direction);
      }
      // Twenty steps, each adding a few roundings of 6e-8.
      expect(relativeError(await trainer.getParams(), state.params)).toBeLessThan(1e-5);
    },
  );
});

describe("the two builds", () => {
  it("agree to rounding", async ({ expect }) => {
    await fc.assert(
      fc.asyncProperty(problems, rules, async (problem, rule) => {
        const [simd, relaxed] = await Promise.all(
          [true, false].map(async (deterministic) =>
            (await trainerFor(problem, rule, { deterministic })).direction(problem.batch),
          ),
        );
        expect(relativeError(relaxed?.direction ?? [], simd?.direction ?? [0])).toBeLessThan(tolerance);
      }),
      { numRuns: 50 },
    );
  });
});
