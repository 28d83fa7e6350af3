import { activations, backprop, createRandom, proxProp } from "edgeprop";
import { describe, it } from "vitest";
import { referenceDirection } from "../../src/reference/index.ts";
import { createProblem, toRows } from "../support/problems.ts";
import { lossSpecs } from "../support/specs.ts";

const cases = lossSpecs.flatMap((loss) => activations.map((activation) => ({ loss, activation })));

function createParams(count: number, seed: number): number[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => random.uniform() - 0.5);
}

describe("the float64 reference", () => {
  it.for(cases)(
    "has the gradient of finite differences: $loss, $activation",
    ({ loss, activation }, { expect }) => {
      const problem = createProblem({ seed: 3, rows: 5, sizes: [4, 6, 5, 3], activation, loss });
      const batch = toRows(problem);
      const options = { loss, rule: backprop() };
      const params = createParams(problem.model.numParams, 7);
      const { direction } = referenceDirection(problem.model, options, params, batch);
      const h = 1e-5;
      for (const [i, gradient] of direction.entries()) {
        const moved = (by: number): number =>
          referenceDirection(problem.model, options, params.with(i, (params[i] ?? 0) + by), batch).loss;
        // Central differences err by h^2 and by 2^-53 / h; a relu that bends within h would show, and none does.
        expect(Math.abs((moved(h) - moved(-h)) / (2 * h) - gradient)).toBeLessThan(1e-8);
      }
    },
  );

  it("solves the prox step's own equation", ({ expect }) => {
    // One layer: (a a^T / n + 1 / tau) d = a^T g, for one input, one output and no need of a solver.
    const problem = createProblem({
      seed: 1,
      rows: 1,
      sizes: [1, 1],
      activation: "linear",
      loss: "meanSquaredError",
    });
    const { inputs } = toRows(problem);
    const x = inputs[0]?.[0] ?? 0;
    const at = (rule: ReturnType<typeof proxProp>): number[] =>
      referenceDirection(problem.model, { loss: "meanSquaredError", rule }, [0.3, -0.2], toRows(problem))
        .direction;
    const gradient = referenceDirection(
      problem.model,
      { loss: "meanSquaredError", rule: backprop() },
      [0.3, -0.2],
      toRows(problem),
    ).direction;
    // Sherman-Morrison: (a a^T + 1 / tau)^-1 a = a tau / (1 + tau |a|^2), a = (x, 1).
    const factor = 2 / (1 + 2 * (x * x + 1));
    for (const [i, d] of at(proxProp({ tau: 2, lastLayer: "prox" })).entries()) {
      expect(d).toBeCloseTo((gradient[i] ?? 0) * factor, 12);
    }
  });
});
