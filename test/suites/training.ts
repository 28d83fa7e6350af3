import { adam, backprop, dense, proxProp, sequential, sgd, toDataset } from "edgeprop";
import type { Dataset, Trainer, TrainerOptions } from "edgeprop";
import { describe, it } from "vitest";
import type { CreateTrainer } from "../../scripts/vector-case.ts";

export const model = sequential({ input: [6] }, [
  dense(9, { activation: "relu" }),
  dense(7, { activation: "tanh" }),
  dense(3),
]);
export const defaults: TrainerOptions = {
  loss: "softmaxCrossEntropy",
  rule: proxProp({ tau: 1 }),
  optimizer: adam({ learningRate: 0.02 }),
  batchSize: 8,
  seed: 1,
};

/** 45 examples of 3 classes: bytes, brightest in their class's third. The last batch of 8 has 5. */
export function createBytes(): Dataset {
  const targets = Uint8Array.from({ length: 45 }, (_, i) => i % 3);
  const inputs = Uint8Array.from(
    { length: 45 * 6 },
    (_, k) => (Math.floor((k % 6) / 2) === targets[Math.floor(k / 6)] ? 150 : 40) + ((k * 31) % 50),
  );
  return toDataset({ inputs, targets, inputSize: 6 });
}

export function hex(params: Float32Array): string {
  return [...new Uint8Array(params.buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What every Trainer does, whatever computes: its examples come in the same order, and it only changes what it says. */
export function describeTraining(createTrainer: CreateTrainer): void {
  function create(options: Partial<TrainerOptions> = {}): Promise<Trainer> {
    return createTrainer(model, { ...defaults, ...options });
  }

  describe("training", () => {
    it("learns", async ({ expect }) => {
      const dataset = createBytes();
      const trainer = await create();
      const before = await trainer.evaluate(dataset);
      const epochs = [];
      for await (const epoch of trainer.fit(dataset, { epochs: 20, validation: dataset })) epochs.push(epoch);
      expect(epochs.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
      expect(epochs.at(-1)?.validation).toMatchObject({ accuracy: 1, numExamples: 45 });
      expect(epochs.at(-1)?.loss).toBeLessThan(before.loss / 4);
      expect(await trainer.predict(dataset.inputs, { inputScale: dataset.inputScale })).toEqual(
        Int32Array.from(dataset.targets),
      );
    });

    it("does not depend on how calls slice it", async ({ expect }) => {
      const dataset = createBytes();
      const whole = await create();
      const total = await whole.train(dataset, { epochs: 3 });
      expect(total).toMatchObject({ steps: 18, numExamples: 135, isDone: true });
      for (const maxSteps of [1, 4, 5, 17]) {
        const sliced = await create();
        const slices = [];
        do slices.push(await sliced.train(dataset, { maxSteps, epochs: 3 }));
        while (slices.at(-1)?.isDone === false);
        expect(slices.reduce((sum, { steps }) => sum + steps, 0)).toBe(18);
        expect(slices.reduce((sum, { lossSum }) => sum + lossSum, 0)).toBeCloseTo(total.lossSum, 9);
        expect(hex(await sliced.getParams())).toBe(hex(await whole.getParams()));
      }
      expect(await whole.train(dataset, { epochs: 3 })).toEqual({
        steps: 0,
        lossSum: 0,
        weightSum: 0,
        numExamples: 0,
        isDone: true,
      });
    });

    it("takes a step however small its budget, and ends in slices to the same bytes", async ({ expect }) => {
      const dataset = createBytes();
      const [whole, sliced] = await Promise.all([create(), create()]);
      await whole.train(dataset, { epochs: 2 });
      let calls = 0;
      for (let isDone = false; !isDone; calls++)
        ({ isDone } = await sliced.train(dataset, { cpuBudgetMs: 0, epochs: 2 }));
      expect(calls).toBe(12);
      expect(hex(await sliced.getParams())).toBe(hex(await whole.getParams()));
    });

    it("gives the same bytes for the same seed, and others for another", async ({ expect }) => {
      const dataset = createBytes();
      const [a, b, c] = await Promise.all([create(), create(), create({ seed: 2 })]);
      for (const trainer of [a, b, c]) await trainer.train(dataset, { epochs: 2 });
      expect(hex(await b.getParams())).toBe(hex(await a.getParams()));
      expect(hex(await c.getParams())).not.toBe(hex(await a.getParams()));
    });

    it("visits every example once an epoch, in another order each epoch", async ({ expect }) => {
      // One weight and one bias without influence: a step adds learningRate / 45 x (target - output) of one example.
      const one = sequential({ input: [1] }, [dense(1)]);
      const trainer = await createTrainer(one, {
        loss: "meanSquaredError",
        rule: backprop(),
        optimizer: sgd({ learningRate: 1e-9 }),
        batchSize: 1,
      });
      await trainer.setParams(Float32Array.of(0, 0));
      const targets = Float32Array.from({ length: 45 }, (_, i) => i);
      const dataset = toDataset({ inputs: new Float32Array(45), targets, inputSize: 1 });
      const visits: number[][] = [[], []];
      for (const visit of visits) {
        while (visit.length < 45)
          visit.push(Math.round(Math.sqrt((await trainer.train(dataset, { maxSteps: 1 })).lossSum)));
      }
      for (const visit of visits) expect(visit.toSorted((x, y) => x - y)).toEqual([...targets]);
      expect(visits[0]).not.toEqual(visits[1]);
    });

    it("takes bytes as the floats they stand for", async ({ expect }) => {
      const bytes = createBytes();
      const scale = Math.fround(1 / 255);
      const floats = {
        ...bytes,
        inputs: Float32Array.from(bytes.inputs, (byte) => byte * scale),
        inputScale: 1,
      };
      const [a, b] = await Promise.all([create(), create()]);
      await a.train(bytes, { epochs: 1 });
      await b.train(floats, { epochs: 1 });
      expect(hex(await b.getParams())).toBe(hex(await a.getParams()));
    });

    it("continues from given params, and hands out the difference to others", async ({ expect }) => {
      const [a, b] = await Promise.all([create(), create({ seed: 5 })]);
      const start = await a.getParams();
      await b.setParams(start);
      expect(await b.getParams()).toEqual(start);
      await b.train(createBytes(), { maxSteps: 3 });
      const end = await b.getParams();
      expect(await b.getDelta(start)).toEqual(end.map((value, i) => value - (start[i] ?? 0)));
      expect(await (await create({ params: end })).getParams()).toEqual(end);
    });

    it("leaves everything as it was when it only looks", async ({ expect }) => {
      const dataset = createBytes();
      const [a, b] = await Promise.all([create(), create()]);
      await a.train(dataset, { maxSteps: 3 });
      await b.train(dataset, { maxSteps: 3 });
      await b.evaluate(dataset);
      await b.predict(dataset.inputs);
      await b.direction({ inputs: new Float32Array(12), targets: Int32Array.of(0, 1) });
      await b.getDelta(new Float32Array(b.numParams));
      await a.train(dataset, { maxSteps: 5 });
      await b.train(dataset, { maxSteps: 5 });
      expect(hex(await b.getParams())).toBe(hex(await a.getParams()));
    });

    it("gives the last layer's values for losses without classes", async ({ expect }) => {
      const trainer = await create({ loss: "meanSquaredError" });
      const inputs = Float32Array.from({ length: 20 * 6 }, (_, i) => Math.sin(i));
      const values = await trainer.predict(inputs);
      const { outputs } = await trainer.direction({
        inputs: inputs.slice(0, 48),
        targets: new Float32Array(24),
      });
      expect(values).toHaveLength(60);
      expect(values.slice(0, 24)).toEqual(outputs);
      const dataset = toDataset({ inputs, targets: Float32Array.from(values), inputSize: 6 });
      expect(await trainer.evaluate(dataset)).toEqual({ loss: 0, numExamples: 20, meanAbsoluteError: 0 });
    });
  });
}
