import {
  activations,
  adam,
  avgPool2d,
  backprop,
  conv2d,
  createTrainer,
  dense,
  flatten,
  globalAvgPool2d,
  maxPool2d,
  planMemory,
  proxProp,
  restoreTrainer,
  sequential,
  sgd,
} from "edgeprop";
import type { ModelSpec, Trainer, RuleSpec } from "edgeprop";
import fc from "fast-check";
import { describe, it } from "vitest";
import { relativeError } from "../../scripts/vector-case.ts";
import { referenceDirection } from "../../src/reference/index.ts";
import { problemFor, toRows } from "../support/problems.ts";
import type { Problem } from "../support/problems.ts";

const paddings = ["same", "valid", 0, 1, 3] as const;

/** Two convolutions with pooling after either; odd sizes, and kernels that are even as well. */
const models: fc.Arbitrary<ModelSpec> = fc
  .record({
    size: fc.integer({ min: 5, max: 9 }),
    excess: fc.integer({ min: 0, max: 2 }),
    channels: fc.integer({ min: 1, max: 5 }),
    filters: fc.integer({ min: 1, max: 9 }),
    kernelSize: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 2 }),
    padding: fc.constantFrom(...paddings),
    activation: fc.constantFrom(...activations),
    pool: fc.constantFrom([maxPool2d(2)], [avgPool2d(2)], []),
    end: fc.constantFrom([flatten()], [globalAvgPool2d()]),
  })
  .filter(({ size, kernelSize, stride, padding }) => padding !== "valid" || (size - kernelSize) / stride >= 1)
  .filter(({ size, kernelSize, stride, padding }) => padding !== 0 || (size - kernelSize) / stride >= 1)
  .map(({ size, excess, channels, filters, pool, end, ...options }) =>
    sequential({ input: [size, size + excess, channels] }, [
      conv2d(filters, options),
      ...pool,
      conv2d(3, { kernelSize: 2, padding: 1, activation: options.activation }),
      ...end,
      dense(4),
    ]),
  );

const problems = fc
  .record({
    model: models,
    seed: fc.nat(),
    rows: fc.integer({ min: 1, max: 6 }),
    loss: fc.constantFrom("softmaxCrossEntropy" as const, "meanSquaredError" as const),
  })
  .map(({ model, ...options }) => problemFor(model, options));

const rules: readonly RuleSpec[] = [
  backprop(),
  proxProp({ tau: 1 }),
  proxProp({ tau: 5, lastLayer: "prox" }),
  proxProp({ tau: 0.1, reduction: "sum" }),
  proxProp({ tau: 1, proxSolver: "cg", cgIterations: 3 }),
];

async function trainerFor({ model, loss, rows }: Problem, rule: RuleSpec): Promise<Trainer> {
  return createTrainer(model, { loss, rule, optimizer: sgd({ learningRate: 0.1 }), batchSize: rows });
}

/** Float32's 6e-8, grown by sums of some hundred terms and by tau up to 5 against A^T A. */
const tolerance = 2e-4;

/** The largest relative error of loss, outputs and direction. */
async function errorOf(problem: Problem, rule: RuleSpec): Promise<number> {
  const trainer = await trainerFor(problem, rule);
  const options = { loss: problem.loss, rule };
  const expected = referenceDirection(problem.model, options, await trainer.getParams(), toRows(problem));
  const { loss, outputs, direction } = await trainer.direction(problem.batch);
  return Math.max(
    Math.abs(loss - expected.loss) / (1 + expected.loss),
    relativeError(outputs, expected.outputs.flat()),
    relativeError(direction, expected.direction),
  );
}

describe("networks with convolutions", () => {
  it("have the gradient of finite differences in the reference", ({ expect }) => {
    const smooth = (padding: (typeof paddings)[number], stride: number) =>
      sequential({ input: [4, 5, 1] }, [
        conv2d(2, { kernelSize: 3, stride, padding, activation: "tanh" }),
        stride === 1 ? maxPool2d(2) : avgPool2d(1),
        conv2d(2, { kernelSize: 2, padding: 1, activation: "sigmoid" }),
        padding === "same" ? globalAvgPool2d() : flatten(),
        dense(3),
      ]);
    for (const padding of paddings) {
      for (const stride of [1, 2]) {
        const problem = problemFor(smooth(padding, stride), {
          seed: 2,
          rows: 2,
          loss: "softmaxCrossEntropy",
        });
        const batch = toRows(problem);
        const options = { loss: problem.loss, rule: backprop() };
        const count = problem.model.numParams;
        const params = Array.from({ length: count }, (_, i) => Math.sin(3 * i) / 2);
        const { direction } = referenceDirection(problem.model, options, params, batch);
        const h = 1e-5;
        for (const [i, gradient] of direction.entries()) {
          const moved = (by: number): number =>
            referenceDirection(problem.model, options, params.with(i, (params[i] ?? 0) + by), batch).loss;
          // Central differences err by h^2 and by 2^-53 / h; a maximum that changes within h would show, and none does.
          expect(Math.abs((moved(h) - moved(-h)) / (2 * h) - gradient)).toBeLessThan(1e-8);
        }
      }
    }
  });

  it.for(rules)("agree with the float64 reference at random: %o", async (rule, { expect }) => {
    await fc.assert(
      fc.asyncProperty(problems, async (problem) => {
        expect(await errorOf(problem, rule)).toBeLessThan(tolerance);
      }),
      { numRuns: 40 },
    );
  });

  it.for(rules)("agree with it where patches come in several blocks: %o", async (rule, { expect }) => {
    const model = sequential({ input: [33, 31, 3] }, [
      conv2d(4, { kernelSize: 5, padding: "same", activation: "tanh" }),
      maxPool2d(4),
      conv2d(3, { kernelSize: 3, stride: 2, padding: 1, activation: "relu" }),
      flatten(),
      dense(3),
    ]);
    const problem = problemFor(model, { seed: 1, rows: 5, loss: "softmaxCrossEntropy" });
    const options = { loss: problem.loss, rule, optimizer: sgd({ learningRate: 1 }), batchSize: 5 };
    const patches = planMemory(model, options).buffers.find(({ name }) => name === "patches");
    const patchMatrixBytes = 4 * 5 * 33 * 31 * 75;
    expect(patches?.bytes).toBeLessThan(patchMatrixBytes / 2);
    expect(await errorOf(problem, rule)).toBeLessThan(tolerance);
  });

  it("keep their patches within half a megabyte, however large the batch", ({ expect }) => {
    const model = sequential({ input: [32, 32, 3] }, [
      conv2d(16, { kernelSize: 5, padding: 2, activation: "relu" }),
      maxPool2d(),
      conv2d(20, { kernelSize: 5, padding: 2, activation: "relu" }),
      flatten(),
      dense(10),
    ]);
    for (const batchSize of [1, 32, 500]) {
      const rule = proxProp({ tau: 1 });
      const plan = planMemory(model, { loss: "softmaxCrossEntropy", rule, optimizer: adam(), batchSize });
      const bytes = plan.buffers.find(({ name }) => name === "patches")?.bytes ?? Infinity;
      expect(bytes).toBeLessThanOrEqual(2 ** 19);
    }
  });

  it("take the same mean step when every example is there twice, and stay finite for any tau", async ({
    expect,
  }) => {
    await fc.assert(
      fc.asyncProperty(problems, fc.constantFrom(1e-6, 1e-2, 1, 10), async (problem, tau) => {
        const { model, loss, rows, batch } = problem;
        const rule = proxProp({ tau, lastLayer: "prox" });
        const optimizer = sgd({ learningRate: 1 });
        const trainer = await createTrainer(model, { loss, rule, optimizer, batchSize: 2 * rows });
        const once = await trainer.direction(batch);
        const twice = await trainer.direction({
          inputs: Float32Array.of(...batch.inputs, ...batch.inputs),
          targets:
            batch.targets instanceof Float32Array
              ? Float32Array.of(...batch.targets, ...batch.targets)
              : Int32Array.of(...batch.targets, ...batch.targets),
        });
        // Float32's 6e-8 times the system's condition.
        expect(relativeError(twice.direction, once.direction)).toBeLessThan(2e-3);
      }),
      { numRuns: 50 },
    );
    await fc.assert(
      fc.asyncProperty(problems, fc.constantFrom(1e3, 1e6), async (problem, tau) => {
        const constant = {
          ...problem.batch,
          inputs: new Float32Array(problem.batch.inputs.length).fill(0.5),
        };
        for (const rule of [
          proxProp({ tau, lastLayer: "prox" }),
          proxProp({ tau, lastLayer: "prox", proxSolver: "cg", cgIterations: 20 }),
        ]) {
          const { direction } = await (await trainerFor(problem, rule)).direction(constant);
          expect(direction.every(Number.isFinite)).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("tend to the exact step with more conjugate gradients", async ({ expect }) => {
    await fc.assert(
      fc.asyncProperty(problems, async (problem) => {
        const directionBy = async (rule: RuleSpec) =>
          (await (await trainerFor(problem, rule)).direction(problem.batch)).direction;
        const exact = await directionBy(proxProp({ tau: 0.1 }));
        const cg = await directionBy(proxProp({ tau: 0.1, proxSolver: "cg", cgIterations: 25 }));
        // Float32's 6e-8 times the system's condition: tau |A|^2 / n, |A|^2 / n being up to a thousand here.
        expect(relativeError(cg, exact)).toBeLessThan(1e-4);
      }),
      { numRuns: 30 },
    );
  });

  it("train, with frozen layers as well, and go on from a checkpoint to the same bytes", async ({
    expect,
  }) => {
    const model = sequential({ input: [8, 8, 1] }, [
      conv2d(4, { kernelSize: 3, padding: "same", activation: "relu" }),
      maxPool2d(),
      conv2d(6, { kernelSize: 3, padding: "same", activation: "relu" }),
      globalAvgPool2d(),
      dense(3),
    ]);
    const problem = problemFor(model, { seed: 9, rows: 12, loss: "softmaxCrossEntropy" });
    const options = {
      loss: problem.loss,
      rule: proxProp({ tau: 1 }),
      optimizer: adam({ learningRate: 0.02 }),
      batchSize: 12,
    };
    const whole = await createTrainer(model, options);
    const first = (await whole.step(problem.batch)).loss;
    const restored = await restoreTrainer(await whole.checkpoint());
    let last = first;
    for (let step = 0; step < 60; step++) {
      last = (await whole.step(problem.batch)).loss;
      await restored.step(problem.batch);
    }
    expect(last).toBeLessThan(first / 2);
    expect(await restored.getParams()).toEqual(await whole.getParams());

    const frozen = await createTrainer(model, { ...options, trainable: [2, 4] });
    const before = await frozen.getParams();
    await frozen.step(problem.batch);
    const after = await frozen.getParams();
    const layers = model.placed;
    const trained = layers[2]?.params[0]?.offset ?? 0;
    expect(after.subarray(0, trained)).toEqual(before.subarray(0, trained));
    expect(after.subarray(trained)).not.toEqual(before.subarray(trained));
    expect(await frozen.predict(problem.batch.inputs)).toHaveLength(12);
  });

  it("may end in an image: a mean squared error over all its values", async ({ expect }) => {
    const model = sequential({ input: [4, 5, 2] }, [conv2d(3, { kernelSize: 3, padding: "same" })]);
    const problem = problemFor(model, { seed: 3, rows: 3, loss: "meanSquaredError" });
    for (const rule of rules) expect(await errorOf(problem, rule)).toBeLessThan(tolerance);
  });

  it("without a layer that trains are refused", async ({ expect }) => {
    const model = sequential({ input: [4, 4, 1] }, [maxPool2d(), flatten()]);
    const problem = problemFor(model, { seed: 1, rows: 1, loss: "softmaxCrossEntropy" });
    await expect(trainerFor(problem, backprop())).rejects.toMatchObject({ code: "bad-option" });
  });
});
