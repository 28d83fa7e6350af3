import { backprop, proxProp, sgd } from "edgeprop";
import type { Batch, ProxPropOptions, RuleSpec } from "edgeprop";
import fc from "fast-check";
import { describe, it } from "vitest";
import { relativeError } from "../../scripts/vector-case.ts";
import type { CreateTrainer } from "../../scripts/vector-case.ts";
import { referenceDirection } from "../../src/reference/index.ts";
import { createProblem, toRows } from "../support/problems.ts";
import type { Problem } from "../support/problems.ts";

/** The propositions of the method, on the trainer itself. */
export const problems = fc
  .record({
    seed: fc.nat(),
    rows: fc.integer({ min: 1, max: 24 }),
    sizes: fc.array(fc.integer({ min: 1, max: 24 }), { minLength: 3, maxLength: 4 }),
    activation: fc.constantFrom("relu" as const, "tanh" as const, "sigmoid" as const),
    loss: fc.constantFrom("softmaxCrossEntropy" as const, "meanSquaredError" as const),
  })
  .map(createProblem);
const taus = fc.constantFrom(1e-3, 0.1, 1, 10, 1000);

export function prox(options: ProxPropOptions): RuleSpec {
  return proxProp({ lastLayer: "prox", ...options });
}

export function dot(x: Float32Array, y: Float32Array): number {
  return x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
}

function repeat<T extends Float32Array | Int32Array>(values: T, rows: number): T {
  const width = values.length / rows;
  const repeated =
    values instanceof Int32Array ? new Int32Array(2 * values.length) : new Float32Array(2 * values.length);
  for (let row = 0; row < rows; row++) {
    const example = values.subarray(row * width, (row + 1) * width);
    repeated.set(example, 2 * row * width);
    repeated.set(example, (2 * row + 1) * width);
  }
  return repeated as T;
}

export interface PropositionOptions {
  /** Random networks a proposition. */
  readonly numRuns: number;
  /** Those that must stay finite; default: the exact one. */
  readonly solvers?: readonly Pick<ProxPropOptions, "proxSolver" | "cgIterations">[];
}

/** The direction of a batch of up to twice the problem's rows, from the initial params. */
export async function directionBy(
  createTrainer: CreateTrainer,
  { model, loss, rows }: Problem,
  { rule, batch }: { readonly rule: RuleSpec; readonly batch: Batch },
): Promise<Float32Array> {
  const optimizer = sgd({ learningRate: 1 });
  const trainer = await createTrainer(model, { loss, rule, optimizer, batchSize: 2 * rows });
  return (await trainer.direction(batch)).direction;
}

/** What holds of exact prox steps, whatever computes them. */
export function describeProxStep(
  createTrainer: CreateTrainer,
  { numRuns, solvers = [{}] }: PropositionOptions,
): void {
  function directionOf(problem: Problem, rule: RuleSpec, batch: Batch): Promise<Float32Array> {
    return directionBy(createTrainer, problem, { rule, batch });
  }

  describe("the prox step", () => {
    it("is a descent direction, no longer than tau times the gradient", async ({ expect }) => {
      await fc.assert(
        fc.asyncProperty(problems, taus, async (problem, tau) => {
          const gradient = await directionOf(problem, backprop(), problem.batch);
          const direction = await directionOf(problem, prox({ tau }), problem.batch);
          fc.pre(dot(gradient, gradient) > 0);
          expect(dot(direction, gradient)).toBeGreaterThan(0);
          // The one bound holds layer by layer and so for all; the slack is float32's.
          expect(Math.sqrt(dot(direction, direction))).toBeLessThanOrEqual(
            tau * Math.sqrt(dot(gradient, gradient)) * (1 + 1e-5),
          );
        }),
        { numRuns },
      );
    });

    it("tends to tau times the gradient as tau tends to 0", async ({ expect }) => {
      await fc.assert(
        fc.asyncProperty(problems, async (problem) => {
          const gradient = await directionOf(problem, backprop(), problem.batch);
          const direction = await directionOf(problem, prox({ tau: 1e-6 }), problem.batch);
          // First order in tau |A|^2 / n <= 25e-6.
          expect(
            relativeError(
              direction.map((value) => value * 1e6),
              gradient,
            ),
          ).toBeLessThan(1e-4);
        }),
        { numRuns },
      );
    });

    it("does not change, reduction mean, when every example is there twice", async ({ expect }) => {
      await fc.assert(
        fc.asyncProperty(problems, taus, async (problem, tau) => {
          const { inputs, targets } = problem.batch;
          const doubled = {
            inputs: repeat(inputs, problem.rows),
            targets: repeat(targets as Float32Array | Int32Array, problem.rows),
          };
          const once = await directionOf(problem, prox({ tau }), problem.batch);
          const twice = await directionOf(problem, prox({ tau }), doubled);
          // Float32's 6e-8 times the system's condition: tau |A|^2 / n up to 25,000.
          expect(relativeError(twice, once)).toBeLessThan(2e-3);
        }),
        { numRuns },
      );
    });

    it("with reduction mean is n times that with sum at tau / n", async ({ expect }) => {
      await fc.assert(
        fc.asyncProperty(problems, taus, async (problem, tau) => {
          const n = problem.rows;
          const mean = await directionOf(problem, prox({ tau, reduction: "mean" }), problem.batch);
          const sum = await directionOf(problem, prox({ tau: tau / n, reduction: "sum" }), problem.batch);
          // Float32's 6e-8 times tau, up to 1,000, where rows depend on each other.
          expect(
            relativeError(
              sum.map((value) => value * n),
              mean,
            ),
          ).toBeLessThan(1e-3);
        }),
        { numRuns },
      );
    });

    it("is the same from either side: the trainer's choice agrees with the primal reference around the crossing", async ({
      expect,
    }) => {
      for (const rows of [1, 7, 8, 9, 12, 16, 24, 40]) {
        const problem = createProblem({
          seed: rows,
          rows,
          sizes: [8, 8, 8],
          activation: "tanh",
          loss: "softmaxCrossEntropy",
        });
        const trainer = await createTrainer(problem.model, {
          loss: problem.loss,
          rule: prox({ tau: 3 }),
          optimizer: sgd({ learningRate: 1 }),
          batchSize: rows,
        });
        const options = { loss: problem.loss, rule: prox({ tau: 3 }) };
        const { direction } = referenceDirection(
          problem.model,
          options,
          await trainer.getParams(),
          toRows(problem),
        );
        expect(relativeError((await trainer.direction(problem.batch)).direction, direction)).toBeLessThan(
          1e-5,
        );
      }
    });

    it("stays finite from tau 1e-6 to 1e6, with equal rows, dead units, zero and huge inputs", async ({
      expect,
    }) => {
      const shapes = [
        { rows: 12, sizes: [20, 16, 4] },
        { rows: 24, sizes: [5, 6, 3] },
      ];
      const spoils: readonly ((inputs: Float32Array) => Float32Array)[] = [
        (inputs) => inputs.fill(0.7),
        (inputs) => inputs.fill(0),
        (inputs) => inputs.fill(-1e6),
        (inputs) => inputs.map((value, i) => (i % 2 === 0 ? value * 1e5 : value * 1e-5)),
      ];
      for (const { rows, sizes } of shapes) {
        for (const spoil of spoils) {
          for (const tau of [1e-6, 1e-3, 1, 1e3, 1e6]) {
            const problem = createProblem({
              seed: 2,
              rows,
              sizes,
              activation: "relu",
              loss: "softmaxCrossEntropy",
            });
            const batch = { ...problem.batch, inputs: spoil(problem.batch.inputs) };
            for (const reduction of ["mean", "sum"] as const) {
              for (const solver of solvers) {
                const options = { tau, reduction, ...solver };
                const direction = await directionOf(problem, prox(options), batch);
                expect(direction.every(Number.isFinite), JSON.stringify(options)).toBe(true);
              }
            }
          }
        }
      }
    });
  });
}
