import {
  backprop,
  createTrainer,
  dense,
  dropout,
  restoreTrainer,
  sequential,
  sgd,
  toDataset,
} from "edgeprop";
import type { ResumableTrainer, TrainerOptions } from "edgeprop";
import { describe, it } from "vitest";

const rate = 0.4;
const alone = sequential({ input: [500] }, [dropout(rate), dense(1)]);
const model = sequential({ input: [6] }, [
  dropout(0.2),
  dense(9, { activation: "relu" }),
  dropout(0.5),
  dense(3),
]);
const options: TrainerOptions = {
  loss: "softmaxCrossEntropy",
  rule: backprop(),
  optimizer: sgd({ learningRate: 0.1 }),
  batchSize: 8,
  seed: 4,
};
const examples = toDataset({
  inputs: Float32Array.from({ length: 20 * 6 }, (_, i) => ((i * 37) % 64) / 64),
  targets: Int32Array.from({ length: 20 }, (_, i) => i % 3),
  inputSize: 6,
});

async function digest(params: Float32Array): Promise<string> {
  const bytes = new Uint8Array(params.slice().buffer);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...hash.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The mask of a batch: with inputs of one and a mean squared error of one output, the gradient of a weight is the
 * sum over the examples of its input, that is of the mask, times a number for each example.
 */
async function maskOf(trainer: ResumableTrainer): Promise<boolean[]> {
  const batch = { inputs: new Float32Array(500).fill(1), targets: Float32Array.of(1000) };
  const { direction } = await trainer.direction(batch);
  return [...direction.subarray(0, 500)].map((value) => value !== 0);
}

describe("dropout", () => {
  const square = { ...options, loss: "meanSquaredError" } as const;

  it("keeps a share of 1 - rate and scales it, so that the mean stays", async ({ expect }) => {
    const trainer = await createTrainer(alone, square);
    const params = new Float32Array(501).fill(1);
    await trainer.setParams(params);
    const inputs = Float32Array.from({ length: 8 * 500 }, () => 1);
    const { outputs } = await trainer.direction({ inputs, targets: new Float32Array(8) });
    for (const output of outputs) {
      // 500 (1 + a mean of so many draws) plus the bias; five standard errors of sqrt(0.4 / 0.6 / 500).
      expect(Math.abs((output - 1) / 500 - 1)).toBeLessThan(0.19);
      // Whole multiples of 1 / 0.6.
      expect(Math.abs(((output - 1) * 0.6) % 1)).toSatisfy((rest: number) => Math.min(rest, 1 - rest) < 1e-3);
    }
    // Examples of one batch drop values of their own.
    expect(new Set(outputs).size).toBeGreaterThan(4);
  });

  it("leaves everything as it is at inference", async ({ expect }) => {
    const trainer = await createTrainer(alone, square);
    await trainer.setParams(new Float32Array(501).fill(1));
    const inputs = Float32Array.from({ length: 500 }, (_, i) => i / 8);
    const sum = inputs.reduce((total, value) => total + value, 1);
    expect([...(await trainer.predict(inputs))]).toEqual([sum]);
    const { loss } = await trainer.evaluate(
      toDataset({ inputs, targets: Float32Array.of(sum), inputSize: 500 }),
    );
    expect(loss).toBe(0);
  });

  it("drops other values in every step, with every seed and in every layer", async ({ expect }) => {
    const trainer = await createTrainer(alone, square);
    const first = await maskOf(trainer);
    // The direction takes no step.
    expect(await maskOf(trainer)).toEqual(first);
    await trainer.step({ inputs: new Float32Array(500), targets: new Float32Array(1) });
    const masks = [
      first,
      await maskOf(trainer),
      await maskOf(await createTrainer(alone, { ...square, seed: 5 })),
      await maskOf(
        await createTrainer(sequential({ input: [500] }, [dropout(0), dropout(rate), dense(1)]), square),
      ),
    ];
    for (const [i, mask] of masks.entries()) {
      const kept = mask.filter(Boolean).length;
      // Five standard deviations of sqrt(500 x 0.24).
      expect(Math.abs(kept - 300)).toBeLessThan(55);
      for (const other of masks.slice(0, i)) {
        const alike = mask.filter((value, place) => value === other[place]).length;
        // Independent masks agree in 0.6^2 + 0.4^2 of their places: 260, five standard deviations of 11.2.
        expect(Math.abs(alike - 260)).toBeLessThan(56);
      }
    }
  });

  it("trains to these very bytes in every engine, a checkpoint in between included", async ({ expect }) => {
    const whole = await createTrainer(model, options);
    await whole.train(examples, { maxSteps: 7 });
    const first = await createTrainer(model, options);
    await first.train(examples, { maxSteps: 4 });
    const second = await restoreTrainer(await first.checkpoint());
    await second.train(examples, { maxSteps: 3 });
    expect(await second.checkpoint()).toEqual(await whole.checkpoint());
    // Another value here means another generator or other arithmetic: then it is to be replaced, knowingly.
    expect(await digest(await whole.getParams())).toBe("e0731cb0fa4bdbc5");
  });
});
