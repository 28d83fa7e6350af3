import { backprop, createTrainer, dense, paramsLayout, proxProp, sequential, sgd } from "edgeprop";
import type { ProxPropOptions, RuleSpec } from "edgeprop";
import fc from "fast-check";
import { describe, it } from "vitest";
import { relativeError } from "../../scripts/vector-case.ts";
import { createProblem } from "../support/problems.ts";
import type { Problem } from "../support/problems.ts";

/** What makes a Gram matrix singular, or nearly so: of rows x width inputs. */
const spoils = {
  nothing: (inputs) => inputs,
  "equal rows": (inputs, width) => inputs.map((_, i) => inputs[i % width] ?? 0),
  "every row twice": (inputs, width) =>
    inputs.map((_, i) => inputs[(Math.floor(i / width) >> 1) * width + (i % width)] ?? 0),
  "rows of zeros": (inputs, width) => inputs.map((value, i) => (Math.floor(i / width) % 3 === 0 ? value : 0)),
  "equal columns": (inputs, width) => inputs.map((_, i) => inputs[i - (i % width)] ?? 0),
  zeros: (inputs) => inputs.map(() => 0),
  "large values": (inputs) => inputs.map((value) => 1e3 * value),
  "small values": (inputs) => inputs.map((value) => 1e-3 * value),
} satisfies Record<string, (inputs: Float32Array, width: number) => Float32Array>;

interface HardProblem extends Problem {
  readonly tau: number;
  readonly reduction: "mean" | "sum";
  /** Half of the units of every ReLU layer are dead: their bias is far below zero. */
  readonly hasDeadUnits: boolean;
}

/** Powers of ten of tau. */
const problemsFor = (
  from: number,
  to: number,
  spoilNames: readonly string[] = Object.keys(spoils),
): fc.Arbitrary<HardProblem> =>
  fc
    .record({
      seed: fc.nat(),
      rows: fc.integer({ min: 1, max: 20 }),
      sizes: fc.array(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 20 })), {
        minLength: 2,
        maxLength: 4,
      }),
      activation: fc.constantFrom("relu" as const, "tanh" as const, "linear" as const),
      loss: fc.constantFrom("softmaxCrossEntropy" as const, "meanSquaredError" as const),
      spoil: fc.constantFrom(...spoilNames),
      hasDeadUnits: fc.boolean(),
      tau: fc.double({ min: from, max: to, noNaN: true }).map((exponent) => 10 ** exponent),
      reduction: fc.constantFrom("mean" as const, "sum" as const),
    })
    .map(({ spoil, hasDeadUnits, tau, reduction, ...options }) => {
      const problem = createProblem(options);
      const { inputs } = problem.batch;
      const spoiled = spoils[spoil as keyof typeof spoils](inputs, inputs.length / problem.rows);
      const batch = { ...problem.batch, inputs: spoiled };
      return {
        ...problem,
        batch,
        hasDeadUnits: hasDeadUnits && options.activation === "relu",
        tau,
        reduction,
      };
    });

/** Layer by layer. */
async function directionOf(
  { model, loss, batch, hasDeadUnits }: HardProblem,
  rule: RuleSpec,
  batchSize: number,
): Promise<Float32Array[]> {
  const trainer = await createTrainer(model, { loss, rule, optimizer: sgd({ learningRate: 1 }), batchSize });
  const layout = paramsLayout(model);
  if (hasDeadUnits) {
    const params = await trainer.getParams();
    for (const { shape, offset, length } of layout.slice(0, -2)) {
      if (shape.length > 1) continue;
      for (let unit = 0; unit < length; unit += 2) params[offset + unit] = -1e5;
    }
    await trainer.setParams(params);
  }
  const { direction } = await trainer.direction(batch);
  return model.layers.map((_, layer) => {
    const [weights, bias] = layout.slice(2 * layer, 2 * layer + 2);
    return direction.slice(weights?.offset, (bias?.offset ?? 0) + (bias?.length ?? 0));
  });
}

function prox({ tau, reduction }: HardProblem, options: Partial<ProxPropOptions> = {}): RuleSpec {
  return proxProp({ tau, reduction, lastLayer: "prox", ...options });
}

function dot(x: Float32Array, y: Float32Array): number {
  return x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
}

function norm(x: Float32Array): number {
  return Math.sqrt(dot(x, x));
}

/** Enough rows that the primal side is chosen in every layer, for short batches too. */
const primalBatchSize = 64;

describe("on Gram matrices that are singular, or nearly so", () => {
  it("either side's direction is finite and no longer than tau times the gradient, for any tau", async ({
    expect,
  }) => {
    await fc.assert(
      fc.asyncProperty(problemsFor(-6, 6), async (problem) => {
        for (const batchSize of [problem.rows, primalBatchSize]) {
          const gradients = await directionOf(problem, backprop(), batchSize);
          for (const [layer, direction] of (await directionOf(problem, prox(problem), batchSize)).entries()) {
            expect(direction.every(Number.isFinite)).toBe(true);
            // The slack is float32's; below 1e-30 squares vanish.
            const bound = problem.tau * norm(gradients[layer] ?? direction) * (1 + 1e-5);
            expect(norm(direction)).toBeLessThanOrEqual(bound + 1e-30);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it("conjugate gradients are finite, for any tau and as many iterations", async ({ expect }) => {
    await fc.assert(
      fc.asyncProperty(problemsFor(-6, 6), fc.integer({ min: 1, max: 30 }), async (problem, cgIterations) => {
        for (const batchSize of [problem.rows, primalBatchSize]) {
          const rule = prox(problem, { proxSolver: "cg", cgIterations });
          for (const direction of await directionOf(problem, rule, batchSize))
            expect(direction.every(Number.isFinite)).toBe(true);
        }
      }),
      { numRuns: 100 },
    );
  });

  it("either side's direction is one of descent in every layer, up to a tau of 1,000", async ({ expect }) => {
    // The dual side rounds X = (A A^T + damping I)^-1 G, up to tau |G|, to float32. With inputs of 1e3 and a tau of 1e3,
    // A^T X then cancels a million times what is left of it, and the sign with it.
    const names = Object.keys(spoils).filter((name) => name !== "large values");
    await fc.assert(
      fc.asyncProperty(problemsFor(-6, 3, names), async (problem) => {
        for (const batchSize of [problem.rows, primalBatchSize]) {
          const gradients = await directionOf(problem, backprop(), batchSize);
          for (const [layer, direction] of (await directionOf(problem, prox(problem), batchSize)).entries()) {
            const gradient = gradients[layer] ?? direction;
            // Smaller ones are what rounding leaves of terms that cancel.
            const isDescent = norm(gradient) <= 1e-6 || dot(direction, gradient) > 0;
            expect(isDescent).toBe(true);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it("both sides give the same direction, up to a tau of 10", async ({ expect }) => {
    await fc.assert(
      fc.asyncProperty(problemsFor(-6, 1), async (problem) => {
        const dual = await directionOf(problem, prox(problem), problem.rows);
        const primal = await directionOf(problem, prox(problem), primalBatchSize);
        const gradients = await directionOf(problem, backprop(), primalBatchSize);
        for (const [layer, direction] of dual.entries()) {
          const other = primal[layer] ?? direction;
          const scale = problem.tau * Math.max(norm(gradients[layer] ?? other), 1e-3);
          // The dual side rounds (A A^T + damping I)^-1 G, up to tau |G|, to float32, and A^T G may cancel.
          expect(norm(direction.map((value, i) => value - (other[i] ?? 0)))).toBeLessThan(1e-4 * scale);
        }
      }),
      { numRuns: 100 },
    );
  });

  it("equal rows take the closed form of a matrix of rank one, where damping alone would be lost", async ({
    expect,
  }) => {
    // A = 1 a^T: D = a sum(g) / (n |a|^2 + damping) by Sherman-Morrison; the damping of tau 1e12 is nothing beside it.
    for (const [rows, inputs] of [
      [1, 1],
      [3, 8],
      [9, 3],
      [20, 40],
    ] as const) {
      const model = sequential({ input: [inputs] }, [dense(2)]);
      const a = Float32Array.from({ length: inputs }, (_, i) => Math.fround(Math.sin(i + 1)));
      const batch = {
        inputs: Float32Array.from({ length: rows * inputs }, (_, i) => a[i % inputs] ?? 0),
        targets: Float32Array.from({ length: 2 * rows }, (_, i) => (i % 2) + 1),
      };
      const trainer = await createTrainer(model, {
        loss: "meanSquaredError",
        rule: proxProp({ tau: 1e12, lastLayer: "prox" }),
        optimizer: sgd({ learningRate: 1 }),
        batchSize: rows,
        params: new Float32Array(2 * inputs + 2),
      });
      // Outputs are 0: g = -(1, 2) / n in every row, and "mean" multiplies by n.
      const square = [...a].reduce((sum, value) => sum + value * value, 1);
      const expected = [...a, 1].flatMap((value) => [-value / square, (-2 * value) / square]);
      const { direction } = await trainer.direction(batch);
      // Cholesky's rounding beside the raised damping: (n + 1)^2 2^-52 against itself, and float32's 6e-8.
      expect(relativeError(direction, expected)).toBeLessThan(2e-3);
    }
  });
});
