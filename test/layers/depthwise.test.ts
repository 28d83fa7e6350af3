import {
  createTrainer,
  backprop,
  dense,
  depthwiseConv2d,
  flatten,
  globalAvgPool2d,
  parseModelSpec,
  planMemory,
  proxProp,
  sequential,
  sgd,
} from "edgeprop";
import type { RuleSpec } from "edgeprop";
import fc from "fast-check";
import { describe, it } from "vitest";
import { errorAgainstReference } from "../support/layers.ts";
import { smoothActivations } from "../support/specs.ts";
import { problemFor } from "../support/problems.ts";

const rules: readonly RuleSpec[] = [
  backprop(),
  proxProp({ tau: 1 }),
  proxProp({ tau: 5, lastLayer: "prox" }),
  proxProp({ tau: 0.1, reduction: "sum" }),
  proxProp({ tau: 1, proxSolver: "cg", cgIterations: 3 }),
  proxProp({ tau: 0.5, proxSolver: "cg", cgIterations: 2, reduction: "sum", lastLayer: "prox" }),
];

/** Float32's 6e-8, grown by sums of some hundred terms and by tau up to 5 against A^T A. */
const tolerance = 2e-4;

describe("depthwiseConv2d", () => {
  it.for(rules)(
    "agrees with the float64 reference on channels around a lane: %o",
    async (rule, { expect }) => {
      for (const channels of [1, 3, 4, 5, 8, 9]) {
        for (const activation of smoothActivations) {
          const model = sequential({ input: [5, 6, channels] }, [
            depthwiseConv2d({ kernelSize: 3, padding: "same", activation }),
            depthwiseConv2d({ kernelSize: 2, stride: 2, activation }),
            flatten(),
            dense(3),
          ]);
          const problem = problemFor(model, { seed: channels, rows: 3, loss: "softmaxCrossEntropy" });
          expect(await errorAgainstReference(problem, rule), `${channels} ${activation}`).toBeLessThan(
            tolerance,
          );
        }
      }
    },
  );

  it.for(rules)("agrees with it for any kernel, stride and padding: %o", async (rule, { expect }) => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          kernelSize: fc.integer({ min: 1, max: 4 }),
          stride: fc.integer({ min: 1, max: 3 }),
          padding: fc.constantFrom("same" as const, "valid" as const, 0, 1, 3),
          activation: fc.constantFrom(...smoothActivations),
        }),
        fc.record({ seed: fc.nat(), rows: fc.integer({ min: 1, max: 4 }) }),
        async (options, { seed, rows }) => {
          const model = sequential({ input: [6, 5, 5] }, [
            depthwiseConv2d(options),
            globalAvgPool2d(),
            dense(2),
          ]);
          const problem = problemFor(model, { seed, rows, loss: "meanSquaredError" });
          expect(await errorAgainstReference(problem, rule)).toBeLessThan(tolerance);
        },
      ),
      { numRuns: 25 },
    );
  });

  it.for(rules)(
    "agrees with it where patches come in several blocks, and at the end: %o",
    async (rule, { expect }) => {
      const model = sequential({ input: [65, 62, 2] }, [depthwiseConv2d({ kernelSize: 5, padding: "same" })]);
      const problem = problemFor(model, { seed: 2, rows: 3, loss: "meanSquaredError" });
      // 3 x 65 lines of 62 patches of 25 values: 1.2 MB, in blocks of half of one.
      const plan = planMemory(model, {
        loss: problem.loss,
        rule,
        optimizer: sgd({ learningRate: 1 }),
        batchSize: 3,
      });
      const patches = plan.buffers.find(({ name }) => name === "patches")?.bytes ?? 0;
      expect(patches).toBeGreaterThan(2 ** 18);
      expect(patches).toBeLessThanOrEqual(2 ** 19);
      expect(await errorAgainstReference(problem, rule)).toBeLessThan(tolerance);
    },
  );

  it("takes a rule of its own instead of the trainer's", async ({ expect }) => {
    const rule = proxProp({ tau: 3 });
    const model = sequential({ input: [4, 4, 3] }, [
      depthwiseConv2d({ kernelSize: 2, activation: "tanh", rule }),
      globalAvgPool2d(),
      dense(2),
    ]);
    expect(parseModelSpec(JSON.parse(JSON.stringify(model)))).toEqual(model);
    const problem = problemFor(model, { seed: 6, rows: 4, loss: "softmaxCrossEntropy" });
    expect(await errorAgainstReference(problem, backprop())).toBeLessThan(tolerance);
  });

  it("takes a prox step for every channel by itself", async ({ expect }) => {
    // Two channels with the values of two models of one channel each: the same directions, side by side.
    const spec = (channels: number) =>
      sequential({ input: [4, 4, channels] }, [depthwiseConv2d({ kernelSize: 2 })]);
    const options = {
      loss: "meanSquaredError",
      rule: proxProp({ tau: 2, lastLayer: "prox", reduction: "sum" }),
      optimizer: sgd({ learningRate: 1 }),
      batchSize: 1,
    } as const;
    const single = problemFor(spec(1), { seed: 1, rows: 1, loss: "meanSquaredError" });
    const other = problemFor(spec(1), { seed: 2, rows: 1, loss: "meanSquaredError" });
    const beside = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      Float32Array.from({ length: 2 * a.length }, (_, i) => (i % 2 === 0 ? a : b)[Math.floor(i / 2)] ?? 0);
    const params = [Float32Array.of(0.1, 0.2, -0.3, 0.4, 0.5), Float32Array.of(-0.5, 0.4, 0.3, 0.2, 0.1)];
    const [a, b] = await Promise.all(
      [single, other].map(async ({ batch }, i) => {
        // The mean over twice the outputs has half the gradient.
        const trainer = await createTrainer(spec(1), { ...options, params: params[i] ?? new Float32Array() });
        return (await trainer.direction(batch)).direction;
      }),
    );
    const both = await createTrainer(spec(2), {
      ...options,
      params: beside(params[0] ?? [], params[1] ?? []),
    });
    const { direction } = await both.direction({
      inputs: beside(single.batch.inputs, other.batch.inputs),
      targets: beside(single.batch.targets, other.batch.targets),
    });
    const expected = beside(a ?? [], b ?? []).map((value) => value / 2);
    for (const [i, value] of direction.entries()) expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 6);
  });
});
