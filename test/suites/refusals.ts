import { adam, backprop, dense, proxProp, sequential, sgd, toDataset } from "edgeprop";
import type { OptimizerSpec, RuleSpec, Trainer, TrainerOptions } from "edgeprop";
import { describe, it } from "vitest";
import type { CreateTrainer } from "../../scripts/vector-case.ts";

export const model = sequential({ input: [4] }, [dense(5, { activation: "relu" }), dense(3)]);
export const defaults: TrainerOptions = {
  loss: "softmaxCrossEntropy",
  rule: proxProp({ tau: 1 }),
  optimizer: sgd({ learningRate: 0.1 }),
  batchSize: 4,
};

const good = { inputs: new Float32Array(8).fill(0.5), targets: Int32Array.of(0, 2) };

/** What every Trainer refuses, by which code, and that it goes on afterwards as if nothing had been. */
export function describeRefusals(createTrainer: CreateTrainer): void {
  function create(options: Partial<TrainerOptions> = {}): Promise<Trainer> {
    return createTrainer(model, { ...defaults, ...options });
  }

  describe("a trainer refuses", () => {
    const options: readonly [string, Partial<TrainerOptions>, string, RegExp][] = [
      ["a batchSize of 0", { batchSize: 0 }, "bad-option", /batchSize is 0; expected a positive integer/],
      ["a seed that is no integer", { seed: 0.5 }, "bad-option", /seed is 0.5/],
      ["params of another model", { params: new Float32Array(3) }, "bad-shape", /3 params; the model has 43/],
      [
        "params that are not finite",
        { params: new Float32Array(43).fill(Number.NaN) },
        "non-finite",
        /param 0 is NaN/,
      ],
      [
        "an unknown loss",
        { loss: "hinge" },
        "bad-option",
        /^loss is "hinge"; expected one of "softmaxCrossEntropy"/,
      ],
      [
        "no rule",
        { rule: undefined as unknown as RuleSpec },
        "bad-option",
        /rule is missing; expected an object/,
      ],
      [
        "a rule that is a name",
        { rule: "backprop" as unknown as RuleSpec },
        "bad-option",
        /rule is "backprop"; expected an object/,
      ],
      [
        "a rule with a misspelt field",
        { rule: { ...proxProp({ tau: 1 }), reductions: "sum" } as RuleSpec },
        "bad-option",
        /rule.reductions is not a known field/,
      ],
      [
        "no optimizer",
        { optimizer: undefined as unknown as OptimizerSpec },
        "bad-option",
        /optimizer is missing; expected an object/,
      ],
      [
        "a loss with a wrong option",
        { loss: { name: "huber", delta: Number.NaN } },
        "bad-option",
        /loss.delta is NaN; expected a finite number above 0/,
      ],
      [
        "a solver of another version",
        { rule: { ...proxProp({ tau: 1 }), proxSolver: "lsqr" } as RuleSpec },
        "bad-option",
        /^rule\.proxSolver is "lsqr"; expected one of "exact", "cg"/,
      ],
      [
        "an optimizer of another version",
        { optimizer: { ...adam(), name: "lamb" } },
        "unsupported",
        /^optimizer\.name is "lamb"; expected one of "sgd", "adam", "adamw", "rmsprop", "adagrad"$/,
      ],
    ];
    it.for(options)("%s", async ([, partial, code, message], { expect }) => {
      await expect(create(partial)).rejects.toMatchObject({
        name: "EdgepropError",
        code,
        message: expect.stringMatching(message),
      });
    });

    it("a second sigmoid on top of the loss's own", async ({ expect }) => {
      const twice = sequential({ input: [4] }, [dense(1, { activation: "sigmoid" })]);
      await expect(createTrainer(twice, { ...defaults, loss: "sigmoidCrossEntropy" })).rejects.toMatchObject({
        code: "bad-option",
      });
    });

    const batches: readonly [string, Parameters<Trainer["step"]>[0], string, RegExp][] = [
      [
        "inputs that are no whole examples",
        { ...good, inputs: new Float32Array(7) },
        "bad-shape",
        /7 input values; expected a multiple of 4/,
      ],
      [
        "an empty batch",
        { inputs: new Float32Array(0), targets: new Int32Array(0) },
        "bad-shape",
        /no examples/,
      ],
      [
        "more than batchSize examples",
        { inputs: new Float32Array(20), targets: new Int32Array(5) },
        "bad-shape",
        /5 examples; .* at most 4/,
      ],
      [
        "targets for other examples",
        { ...good, targets: Int32Array.of(0) },
        "bad-shape",
        /1 targets for 2 examples/,
      ],
      [
        "floats as class indices",
        { ...good, targets: Float32Array.of(0, 1) },
        "bad-shape",
        /class indices as Int32Array or Uint8Array/,
      ],
      [
        "a label that is no class",
        { ...good, targets: Int32Array.of(0, 3) },
        "bad-label",
        /label of example 1 is 3; expected a class index in \[0, 3\)/,
      ],
      ["a negative label", { ...good, targets: Int32Array.of(-1, 0) }, "bad-label", /is -1/],
      [
        "an inputScale that is not finite",
        { ...good, inputScale: Infinity },
        "bad-option",
        /inputScale is Infinity/,
      ],
      [
        "a weight below zero",
        { ...good, weights: Float32Array.of(1, -2) },
        "bad-option",
        /weight of example 1 is -2/,
      ],
      [
        "an input that is not finite",
        { ...good, inputs: good.inputs.with(5, Infinity) },
        "non-finite",
        /input value 1 of example 1 is Infinity/,
      ],
    ];
    it.for(batches)("%s, and trains on afterwards", async ([, batch, code, message], { expect }) => {
      const trainer = await create();
      const before = await trainer.getParams();
      await expect(trainer.step(batch)).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
      });
      expect(await trainer.getParams()).toEqual(before);
      await expect(trainer.step(good)).resolves.toHaveProperty("loss");
    });

    it("a target that is not finite", async ({ expect }) => {
      const trainer = await create({ loss: "meanSquaredError" });
      const targets = new Float32Array(6).with(4, Number.NaN);
      await expect(trainer.step({ ...good, targets })).rejects.toMatchObject({
        code: "non-finite",
        message: expect.stringMatching(/target value 1 of example 1 is NaN/),
      });
    });

    it("to train without an end", async ({ expect }) => {
      const dataset = toDataset({ ...good, inputSize: 4 });
      await expect((await create()).train(dataset, {})).rejects.toMatchObject({ code: "bad-option" });
    });

    it("another dataset in the middle of an epoch, but not after it", async ({ expect }) => {
      const trainer = await create();
      const [six, five] = [6, 5].map((count) =>
        toDataset({ inputs: new Float32Array(4 * count), targets: new Int32Array(count), inputSize: 4 }),
      );
      if (six === undefined || five === undefined) return;
      await trainer.train(six, { maxSteps: 1 });
      await expect(trainer.train(five, { maxSteps: 1 })).rejects.toMatchObject({
        code: "bad-shape",
        message: expect.stringMatching(/6 examples, the dataset 5/),
      });
      await trainer.train(six, { maxSteps: 1 });
      await expect(trainer.train(five, { epochs: 2 })).resolves.toMatchObject({ isDone: true });
    });

    it.for([undefined, null, [[1, 2, 3, 4]], { numExamples: 1 }])(
      "%j for examples",
      async (given, { expect }) => {
        const trainer = await create();
        const examples = given as never;
        const error = { code: "bad-shape", message: expect.stringMatching(/neither a dataset nor a stream/) };
        await expect(trainer.train(examples, { epochs: 1 })).rejects.toMatchObject(error);
        await expect(trainer.evaluate(examples)).rejects.toMatchObject(error);
        const fit = trainer.fit(examples, { epochs: 1 });
        await expect(fit[Symbol.asyncIterator]().next()).rejects.toMatchObject(error);
      },
    );

    it("a dataset of another input size", async ({ expect }) => {
      const dataset = toDataset({ inputs: new Float32Array(10), targets: new Int32Array(2), inputSize: 5 });
      await expect((await create()).evaluate(dataset)).rejects.toMatchObject({
        code: "bad-shape",
        message: expect.stringMatching(/the model takes 4/),
      });
    });
  });

  describe("a diverging training", () => {
    it("stops with the step, the advice, and the params of before it", async ({ expect }) => {
      const trainer = await create({
        rule: backprop(),
        optimizer: sgd({ learningRate: 1e30 }),
        loss: "meanSquaredError",
      });
      const batch = { ...good, targets: new Float32Array(6).fill(1) };
      let before = await trainer.getParams();
      let error: unknown;
      for (let step = 0; step < 10 && error === undefined; step++) {
        before = await trainer.getParams();
        error = await trainer.step(batch).then(
          () => undefined,
          (reason: unknown) => reason,
        );
      }
      expect(error).toMatchObject({
        code: "non-finite",
        message: expect.stringMatching(/in step \d+; .*lower learningRate \(1e\+30\)/),
      });
      expect(await trainer.getParams()).toEqual(before);
      expect(before.every(Number.isFinite)).toBe(true);
    });
  });
}
