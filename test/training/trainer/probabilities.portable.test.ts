import { backprop, createTrainer, losses, sgd } from "edgeprop";
import type { LossName } from "edgeprop";
import { describe, it } from "vitest";
import { referenceDirection } from "../../../src/reference/index.ts";
import { largestDifference } from "../../support/kernels.ts";
import { createProblem, toRows } from "../../support/problems.ts";

/** In float64, from the reference's outputs. */
function expectedOf(loss: LossName, outputs: readonly number[]): number[] {
  if (loss === "meanSquaredError" || loss === "huber") return [...outputs];
  if (loss === "sigmoidCrossEntropy") return outputs.map((z) => 1 / (1 + Math.exp(-z)));
  const largest = Math.max(...outputs);
  const powers = outputs.map((z) => Math.exp(z - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

describe("probabilities", () => {
  it.for(losses)("are what %s implies, for any number of examples", async (loss, { expect }) => {
    for (const [rows, outputs] of [
      [1, 1],
      [8, 3],
      [9, 4],
      [17, 10],
    ] as const) {
      const problem = createProblem({ seed: rows, rows, sizes: [5, 7, outputs], activation: "tanh", loss });
      const options = { loss, rule: backprop(), optimizer: sgd({ learningRate: 1 }), batchSize: 8 };
      const trainer = await createTrainer(problem.model, options);
      const params = (await trainer.getParams()).map((value) => 4 * value);
      await trainer.setParams(params);
      const reference = referenceDirection(problem.model, options, params, toRows(problem)).outputs;
      const found = await trainer.probabilities(problem.batch.inputs);
      // Outputs up to 30 in float32, and e^x of them.
      expect(
        largestDifference(
          found,
          reference.flatMap((row) => expectedOf(loss, row)),
        ),
      ).toBeLessThan(1e-5);
    }
  });

  it("scale their inputs, sum to one, and belong to the labels of predict", async ({ expect }) => {
    const problem = createProblem({
      seed: 2,
      rows: 30,
      sizes: [5, 10],
      activation: "linear",
      loss: "softmaxCrossEntropy",
    });
    const trainer = await createTrainer(problem.model, {
      loss: problem.loss,
      rule: backprop(),
      optimizer: sgd({ learningRate: 1 }),
      batchSize: 7,
    });
    const bytes = Uint8Array.from({ length: 150 }, (_, i) => (i * 91) % 256);
    const found = await trainer.probabilities(bytes, { inputScale: 1 / 255 });
    const labels = await trainer.predict(bytes, { inputScale: 1 / 255 });
    for (const [row, label] of labels.entries()) {
      const values = [...found.subarray(10 * row, 10 * row + 10)];
      expect(values.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 6);
      expect(values.indexOf(Math.max(...values))).toBe(label);
    }
  });

  it("stay finite far out", async ({ expect }) => {
    const problem = createProblem({
      seed: 2,
      rows: 1,
      sizes: [1, 3],
      activation: "linear",
      loss: "softmaxCrossEntropy",
    });
    const trainer = await createTrainer(problem.model, {
      loss: problem.loss,
      rule: backprop(),
      optimizer: sgd({ learningRate: 1 }),
      batchSize: 1,
      params: Float32Array.of(1e30, -1e30, 0, 0, 0, 0),
    });
    const found = await trainer.probabilities(Float32Array.of(1));
    // exp4 saturates at 2^-126, far below a float32's last place next to 1.
    expect(largestDifference(found, [1, 0, 0])).toBeLessThan(1e-37);
  });
});
