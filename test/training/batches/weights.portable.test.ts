import {
  adam,
  backprop,
  createTrainer,
  dense,
  momentum,
  proxProp,
  selectExamples,
  sequential,
  sgd,
  softmaxCrossEntropy,
  toDataset,
} from "edgeprop";
import type { Dataset, ResumableTrainer, TrainerOptions } from "edgeprop";
import { describe, it } from "vitest";

const model = sequential({ input: [3] }, [dense(5, { activation: "tanh" }), dense(3)]);
const defaults: TrainerOptions = {
  loss: "softmaxCrossEntropy",
  rule: backprop(),
  optimizer: sgd({ learningRate: 0.5 }),
  batchSize: 6,
};

function create(options: Partial<TrainerOptions> = {}): Promise<ResumableTrainer> {
  return createTrainer(model, { ...defaults, ...options });
}

/** Ten examples of 3 classes; two steps an epoch. */
function createExamples(weights?: Float32Array): Dataset {
  return toDataset({
    inputs: Float32Array.from({ length: 30 }, (_, i) => Math.fround(((i * 37) % 16) / 16)),
    targets: Int32Array.from({ length: 10 }, (_, i) => i % 3),
    inputSize: 3,
    ...(weights === undefined ? {} : { weights }),
  });
}

function largest(values: Float32Array, expected: Float32Array): number {
  return Math.max(...values.map((value, i) => Math.abs(value - (expected[i] ?? Number.NaN))));
}

describe("weights", () => {
  it("of whole numbers count an example so many times", async ({ expect }) => {
    const trainer = await create();
    const dataset = selectExamples(createExamples(), [0, 1, 2]);
    const repeated = selectExamples(dataset, [0, 1, 1, 2, 2, 2]);
    const weighted = await trainer.direction({ ...dataset, weights: Float32Array.of(1, 2, 3) });
    const plain = await trainer.direction(repeated);
    // Float32's 6e-8 in sums of six terms.
    expect(Math.abs(weighted.loss - plain.loss)).toBeLessThan(1e-6);
    expect(largest(weighted.direction, plain.direction)).toBeLessThan(1e-6);
  });

  it("do not change by a common factor, nor anything where all are 1", async ({ expect }) => {
    const trainer = await create({ rule: proxProp({ tau: 1, lastLayer: "prox" }) });
    const dataset = selectExamples(createExamples(), [0, 1, 2]);
    const plain = await trainer.direction(dataset);
    expect(await trainer.direction({ ...dataset, weights: Float32Array.of(1, 1, 1) })).toEqual(plain);
    // Powers of two: not a bit is rounded otherwise.
    expect(await trainer.direction({ ...dataset, weights: Float32Array.of(4, 4, 4) })).toEqual(plain);
  });

  it("of classes are those of their examples", async ({ expect }) => {
    const dataset = selectExamples(createExamples(), [0, 1, 2, 4]);
    const own = Float32Array.of(1, 0.5, 2, 3);
    const byClass = await create({ classWeights: [2, 0, 0.5] });
    const byExample = await create();
    const found = await byClass.direction({ ...dataset, weights: own });
    const expected = await byExample.direction({ ...dataset, weights: Float32Array.of(2, 0, 1, 0) });
    expect(found).toEqual(expected);
  });

  it.for([backprop(), proxProp({ tau: 1, lastLayer: "prox" })])(
    "that are all 0 give loss 0 and a direction of zeros: $name",
    async (rule, { expect }) => {
      const trainer = await create({ rule, optimizer: momentum({ learningRate: 0.1 }) });
      const batch = { ...selectExamples(createExamples(), [0, 1]), weights: new Float32Array(2) };
      const { loss, direction } = await trainer.direction(batch);
      expect(loss).toBe(0);
      expect(direction.every((value) => value === 0)).toBe(true);
      const before = await trainer.getParams();
      expect(await trainer.step(batch)).toEqual({ loss: 0 });
      expect(await trainer.getParams()).toEqual(before);
      expect(await trainer.evaluate(createExamples(new Float32Array(10)))).toMatchObject({ loss: 0 });
    },
  );

  it("make the losses of training and evaluation weighted means, not the accuracy", async ({ expect }) => {
    const weights = Float32Array.from({ length: 10 }, (_, i) => (i % 4) / 2);
    const dataset = createExamples(weights);
    const trainer = await create({ optimizer: sgd({ learningRate: 1e-30 }), classWeights: [1, 2, 3] });
    const each = await Promise.all(
      Array.from({ length: 10 }, async (_, i) =>
        (await create()).evaluate(selectExamples(createExamples(), [i])),
      ),
    );
    const sumOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
    const effective = [...weights].map((weight, i) => weight * ((i % 3) + 1));
    const expected = sumOf(effective.map((weight, i) => weight * (each[i]?.loss ?? 0))) / sumOf(effective);
    const accuracy = sumOf(each.map((one) => one.accuracy ?? 0)) / 10;

    const found = await trainer.evaluate(dataset);
    expect(found.loss).toBeCloseTo(expected, 6);
    expect(found).toMatchObject({ accuracy, numExamples: 10 });
    // A learning rate too small to change anything.
    const { lossSum, weightSum, numExamples } = await trainer.train(dataset, { epochs: 1 });
    expect(weightSum).toBe(sumOf(effective));
    expect(lossSum / weightSum).toBeCloseTo(expected, 6);
    expect(numExamples).toBe(10);
    for await (const { loss } of trainer.fit(dataset, { epochs: 1 })) expect(loss).toBeCloseTo(expected, 6);
  });

  const bad: readonly [Float32Array, string, RegExp][] = [
    [
      Float32Array.of(1, -1, 1),
      "bad-option",
      /the weight of example 1 is -1; expected finite numbers of at least 0/,
    ],
    [Float32Array.of(1, 1, Number.NaN), "non-finite", /the weight of example 2 is NaN/],
    [Float32Array.of(Infinity, 1, 1), "non-finite", /the weight of example 0 is Infinity/],
    [Float32Array.of(1, 1), "bad-shape", /2 weights for 3 examples/],
  ];
  it.for(bad)("%o are refused", async ([weights, code, message], { expect }) => {
    const trainer = await create();
    const batch = { ...selectExamples(createExamples(), [0, 1, 2]), weights };
    await expect(trainer.step(batch)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it("that are bad are named by their place in the dataset", async ({ expect }) => {
    const dataset = createExamples(new Float32Array(10).fill(1).with(7, -2));
    await expect((await create()).train(dataset, { epochs: 1 })).rejects.toMatchObject({
      message: expect.stringMatching(/weight of example 7 is -2/),
    });
  });

  const options: readonly [Partial<TrainerOptions>, RegExp][] = [
    [{ classWeights: [1, 2] }, /classWeights is \[1,2\]; expected a list of 3 numbers, one per class/],
    [{ classWeights: [1, -1, 1] }, /classWeights\[1\] is -1; expected a finite number of at least 0/],
    [
      { classWeights: [1, 1, 1], loss: "huber" },
      /^classWeights are for class indices; weigh the examples instead$/,
    ],
    [
      { classWeights: [1, 1, 1], loss: softmaxCrossEntropy({ targets: "probabilities" }) },
      /^classWeights are for class indices; weigh the examples instead$/,
    ],
  ];
  it.for(options)("of classes are checked: %o", async ([partial, message], { expect }) => {
    await expect(create(partial)).rejects.toMatchObject({
      code: "bad-option",
      message: expect.stringMatching(message),
    });
  });
});

describe("targets that are probabilities", () => {
  const loss = softmaxCrossEntropy({ targets: "probabilities" });
  const labels = [2, 0, 1, 1];
  const hard = Float32Array.from({ length: 12 }, (_, k) => (k % 3 === labels[Math.floor(k / 3)] ? 1 : 0));
  const inputs = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i));

  it("that are all 0 or 1 are class indices", async ({ expect }) => {
    const [byRows, indexed] = [
      await create({ loss, optimizer: adam({ learningRate: 0.05 }) }),
      await create({ optimizer: adam({ learningRate: 0.05 }) }),
    ];
    const withRows = toDataset({ inputs, targets: hard, inputSize: 3 });
    const withIndices = toDataset({ inputs, targets: Int32Array.from(labels), inputSize: 3 });
    expect((await byRows.evaluate(withRows)).loss).toBeCloseTo((await indexed.evaluate(withIndices)).loss, 6);
    for (const [trainer, dataset] of [
      [byRows, withRows],
      [indexed, withIndices],
    ] as const)
      await trainer.train(dataset, { epochs: 200 });
    expect(await byRows.predict(inputs)).toEqual(Int32Array.from(labels));
    // The largest target says which class it is.
    expect(await byRows.evaluate(withRows)).toMatchObject({ accuracy: 1, numExamples: 4 });
    const soft = hard.map((value) => 0.2 + 0.4 * value);
    expect(await byRows.evaluate({ ...withRows, targets: soft })).toMatchObject({ accuracy: 1 });
  });

  it("are one an output", async ({ expect }) => {
    const trainer = await create({ loss });
    await expect(trainer.step({ inputs, targets: Int32Array.from(labels) })).rejects.toMatchObject({
      code: "bad-shape",
      message: expect.stringMatching(
        /4 targets for 4 examples; softmaxCrossEntropy takes 3 values per example/,
      ),
    });
    await expect(trainer.step({ inputs, targets: hard.with(5, Infinity) })).rejects.toMatchObject({
      code: "non-finite",
      message: expect.stringMatching(/target value 2 of example 1 is Infinity/),
    });
  });
});
