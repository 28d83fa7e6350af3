import { backprop, createTrainer, sgd } from "edgeprop";
import type { Batch, RuleSpec } from "edgeprop";
import fc from "fast-check";
import { describe, it } from "vitest";
import { relativeError } from "../../scripts/vector-case.ts";
import { describeProxStep, directionBy, dot, problems, prox } from "../suites/prox-step.ts";
import { createProblem } from "../support/problems.ts";
import type { Problem } from "../support/problems.ts";

describeProxStep(createTrainer, {
  numRuns: 100,
  solvers: [{}, { proxSolver: "cg", cgIterations: 1 }, { proxSolver: "cg", cgIterations: 50 }],
});

function directionOf(problem: Problem, rule: RuleSpec, batch: Batch): Promise<Float32Array> {
  return directionBy(createTrainer, problem, { rule, batch });
}

describe("conjugate gradients", () => {
  it("tend to the exact step", async ({ expect }) => {
    await fc.assert(
      fc.asyncProperty(problems, fc.constantFrom(1e-3, 0.1, 1, 10), async (problem, tau) => {
        const exact = await directionOf(problem, prox({ tau }), problem.batch);
        // As many as the widest layer has inputs would do in exact arithmetic.
        const cg = prox({ tau, proxSolver: "cg", cgIterations: 60 });
        // Float32's 6e-8 times the system's condition: tau |A|^2 / n up to 250.
        expect(relativeError(await directionOf(problem, cg, problem.batch), exact)).toBeLessThan(1e-4);
      }),
    );
  });

  it("come closer to it with every iteration, in a descent direction", async ({ expect }) => {
    await fc.assert(
      fc.asyncProperty(problems, fc.constantFrom(0.1, 1, 10), async (problem, tau) => {
        const gradient = await directionOf(problem, backprop(), problem.batch);
        fc.pre(dot(gradient, gradient) > 0);
        const exact = await directionOf(problem, prox({ tau }), problem.batch);
        let before = Infinity;
        for (const cgIterations of [1, 2, 4, 8, 16]) {
          const cg = prox({ tau, proxSolver: "cg", cgIterations });
          const direction = await directionOf(problem, cg, problem.batch);
          const distance = Math.hypot(...direction.map((value, i) => value - (exact[i] ?? 0)));
          expect(dot(direction, gradient)).toBeGreaterThan(0);
          // The slack is float32's rounding of the directions themselves.
          expect(distance).toBeLessThanOrEqual(before + 1e-4 * Math.sqrt(dot(exact, exact)));
          before = distance;
        }
      }),
    );
  });

  it("stop at once where an output has no gradient: its direction is zero", async ({ expect }) => {
    for (const rows of [3, 20]) {
      const problem = createProblem({
        seed: 4,
        rows,
        sizes: [6, 5, 3],
        activation: "relu",
        loss: "meanSquaredError",
      });
      const rule = prox({ tau: 1, proxSolver: "cg", cgIterations: 10 });
      const options = { loss: problem.loss, rule, optimizer: sgd({ learningRate: 1 }), batchSize: rows };
      // All units of the first layer are dead, so nothing flows back to it; the outputs are 0, as are the targets.
      const params = new Float32Array(6 * 5 + 5 + 5 * 3 + 3).fill(-1, 30, 35);
      const trainer = await createTrainer(problem.model, { ...options, params });
      const batch = { inputs: problem.batch.inputs, targets: new Float32Array(3 * rows) };
      expect((await trainer.direction(batch)).direction.every((value) => value === 0)).toBe(true);
    }
  });
});
