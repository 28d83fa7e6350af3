import { activations, createTrainer, sgd } from "edgeprop";
import fc from "fast-check";
import { describe, it } from "vitest";
import { relativeError } from "../../scripts/vector-case.ts";
import {
  describeAgainstReference,
  isOnKink,
  problemsWith,
  rules,
  tolerance,
} from "../suites/against-reference.ts";
import { optimizers } from "../support/specs.ts";

describe.for([true, false])("the trainer on wasm, deterministic: %s", (deterministic) => {
  describeAgainstReference((model, options) => createTrainer(model, { ...options, deterministic }), {
    numRuns: 200,
    activations,
    rules,
    optimizers,
  });
});

describe("the two builds", () => {
  it("agree to rounding", async ({ expect }) => {
    await fc.assert(
      fc.asyncProperty(problemsWith(activations), rules, async (problem, rule) => {
        const trainers = await Promise.all(
          [true, false].map(async (deterministic) =>
            createTrainer(problem.model, {
              loss: problem.loss,
              rule,
              optimizer: sgd({ learningRate: 0.1 }),
              batchSize: problem.rows,
              deterministic,
            }),
          ),
        );
        fc.pre(!isOnKink(problem, (await trainers[0]?.getParams()) ?? []));
        const [simd, relaxed] = await Promise.all(
          trainers.map(async (trainer) => trainer.direction(problem.batch)),
        );
        expect(relativeError(relaxed?.direction ?? [], simd?.direction ?? [0])).toBeLessThan(tolerance);
      }),
      { numRuns: 50 },
    );
  });
});
