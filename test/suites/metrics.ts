import type { Trainer, TrainerOptions } from "edgeprop";
import { describe, it } from "vitest";
import type { CreateTrainer } from "../../scripts/vector-case.ts";
import { createBytes, defaults, model } from "./training.ts";

/** What evaluate tells of every Trainer, against plain loops over the outputs that `direction` gives. */
export function describeMetrics(createTrainer: CreateTrainer): void {
  function create(options: Partial<TrainerOptions> = {}): Promise<Trainer> {
    return createTrainer(model, { ...defaults, ...options });
  }

  async function outputsOf(trainer: Trainer, targets: Int32Array | Float32Array): Promise<number[][]> {
    const { inputs, inputScale } = createBytes();
    const rows: number[][] = [];
    const each = targets.length / 45;
    for (let begin = 0; begin < 45; begin += 8) {
      const end = Math.min(45, begin + 8);
      const { outputs } = await trainer.direction({
        inputs: inputs.slice(begin * 6, end * 6),
        inputScale,
        targets: targets.slice(begin * each, end * each),
      });
      for (let row = 0; row < end - begin; row++)
        rows.push(Array.from(outputs.subarray(3 * row, 3 * row + 3)));
    }
    return rows;
  }

  describe("metrics", () => {
    it("counts the labels among the k largest outputs, and what was taken for what", async ({ expect }) => {
      const dataset = createBytes();
      const trainer = await create();
      await trainer.train(dataset, { maxSteps: 2 });
      const labels = [...dataset.targets];
      const outputs = await outputsOf(trainer, Int32Array.from(labels));
      const orders = outputs.map((values) =>
        values
          .map((value, index) => ({ value, index }))
          .toSorted((a, b) => b.value - a.value || a.index - b.index),
      );
      const fraction = (k: number): number =>
        orders.filter((order, i) => order.slice(0, k).some(({ index }) => index === labels[i])).length / 45;
      const confusion = [0, 1, 2].map((label) =>
        [0, 1, 2].map(
          (predicted) =>
            orders.filter((order, i) => labels[i] === label && order[0]?.index === predicted).length,
        ),
      );
      const evaluation = await trainer.evaluate(dataset, { topK: [1, 2, 3], confusion: true });
      expect(evaluation).toMatchObject({ topK: { 1: fraction(1), 2: fraction(2), 3: 1 }, confusion });
      expect(evaluation.accuracy).toBe(evaluation.topK?.[1]);
      expect(Object.keys(await trainer.evaluate(dataset)).toSorted()).toEqual([
        "accuracy",
        "loss",
        "numExamples",
      ]);
    });

    it("puts the lower index first among equal outputs, as accuracy does", async ({ expect }) => {
      const trainer = await create();
      await trainer.setParams(new Float32Array(trainer.numParams));
      expect(await trainer.evaluate(createBytes(), { topK: [1, 2], confusion: true })).toMatchObject({
        accuracy: 1 / 3,
        topK: { 1: 1 / 3, 2: 2 / 3 },
        confusion: [
          [15, 0, 0],
          [15, 0, 0],
          [15, 0, 0],
        ],
      });
    });

    it("gives the mean absolute error of values", async ({ expect }) => {
      const targets = Float32Array.from({ length: 45 * 3 }, (_, i) => Math.cos(i));
      const trainer = await create({ loss: "meanSquaredError" });
      const outputs = (await outputsOf(trainer, targets)).flat();
      const sum = outputs.reduce((total, value, i) => total + Math.abs(value - (targets[i] ?? 0)), 0);
      const { meanAbsoluteError } = await trainer.evaluate({ ...createBytes(), targets });
      // Differences of float32 values, on tfjs rounded to float32: 6e-8 of values around 1.
      expect(meanAbsoluteError).toBeCloseTo(sum / (45 * 3), 6);
    });

    it.for([
      ["a k of more than the classes", { topK: [4] }, /topK has 4; the model has 3 classes/],
      ["a k that is no list", { topK: 5 as never }, /topK is 5; expected a list, such as \[1, 5\]/],
      ["a k that is no count", { topK: [0] }, /topK is 0; expected a positive integer/],
    ] as const)("refuses %s", async ([, options, message], { expect }) => {
      await expect((await create()).evaluate(createBytes(), options)).rejects.toMatchObject({
        code: "bad-option",
        message: expect.stringMatching(message),
      });
    });

    it.for([{ topK: [1] }, { confusion: true }])(
      "refuses %o where there are no classes",
      async (options, { expect }) => {
        const trainer = await create({ loss: "meanSquaredError" });
        const dataset = { ...createBytes(), targets: new Float32Array(45 * 3) };
        await expect(trainer.evaluate(dataset, options)).rejects.toMatchObject({
          code: "bad-option",
          message: expect.stringMatching(/needs classes, which meanSquaredError has not/),
        });
      },
    );
  });
}
