import * as tf from "@tensorflow/tfjs";
import { adam, backprop, createTrainer, proxProp, sgd, toDataset } from "edgeprop";
import type { Dataset, TrainerOptions } from "edgeprop";
import { createTfjsTrainer } from "edgeprop/tfjs";
import { describe, it } from "vitest";
import { relativeError } from "../../scripts/vector-case.ts";
import { useTfjsBackend, waves } from "../support/tfjs.ts";

const defaults: TrainerOptions = {
  loss: "softmaxCrossEntropy",
  rule: proxProp({ tau: 1 }),
  optimizer: sgd({ learningRate: 0.5 }),
  batchSize: 8,
};

const initializer = (seed: number) => tf.initializers.glorotNormal({ seed });

function createModel(): tf.Sequential {
  return tf.sequential({
    layers: [
      tf.layers.dense({ units: 9, activation: "relu", inputShape: [6], kernelInitializer: initializer(1) }),
      tf.layers.dense({ units: 7, activation: "tanh", kernelInitializer: initializer(2) }),
      tf.layers.dense({ units: 3, activation: "softmax", kernelInitializer: initializer(3) }),
    ],
  });
}

/** 30 examples of 3 classes, each above the others in its third; the last batch of 8 has 6. */
function createExamples(): Dataset {
  const targets = Int32Array.from({ length: 30 }, (_, i) => i % 3);
  const inputs = waves(30 * 6).map(
    (value, k) => value + (Math.floor((k % 6) / 2) === targets[Math.floor(k / 6)] ? 1 : 0),
  );
  return toDataset({ inputs, targets, inputSize: 6 });
}

async function flatWeights(model: tf.LayersModel): Promise<number[]> {
  const parts = await Promise.all(model.getWeights().map((weights) => weights.data()));
  return parts.flatMap((part) => [...part]);
}

describe.for(["cpu", "wasm"] as const)("a tf.LayersModel on tfjs's %s", (backend) => {
  useTfjsBackend(backend);

  it("is trained in place as the wasm trainer trains the same network", async ({ expect }) => {
    const dataset = createExamples();
    for (const options of [
      defaults,
      { ...defaults, optimizer: adam({ learningRate: 0.02, epsilon: 1e-3 }) },
    ]) {
      const model = createModel();
      const onTfjs = await createTfjsTrainer(model, options);
      const params = await onTfjs.getParams();
      expect([...params]).toEqual(await flatWeights(model));
      const onWasm = await createTrainer(onTfjs.model, { ...options, params });

      const found = await onTfjs.train(dataset, { epochs: 3 });
      const expected = await onWasm.train(dataset, { epochs: 3 });
      expect(found).toMatchObject({ steps: 12, numExamples: 90, isDone: true });
      expect(found.lossSum).toBeCloseTo(expected.lossSum, 3);
      // Twelve steps, each adding a few roundings of 6e-8.
      expect(relativeError(await flatWeights(model), await onWasm.getParams())).toBeLessThan(1e-5);
      expect(await onTfjs.predict(dataset.inputs)).toEqual(await onWasm.predict(dataset.inputs));
    }
  });

  it("is of use to tfjs at once: its softmax is that of the trainer's outputs", async ({ expect }) => {
    const dataset = createExamples();
    const model = createModel();
    const trainer = await createTfjsTrainer(model, defaults);
    for await (const { validation } of trainer.fit(dataset, { epochs: 15, validation: dataset })) {
      expect(validation?.numExamples).toBe(30);
    }
    const inputs = tf.tensor2d(dataset.inputs, [30, 6]);
    const labels = tf.argMax(model.predict(inputs) as tf.Tensor, 1);
    expect(Int32Array.from(await labels.data())).toEqual(await trainer.predict(dataset.inputs));
    expect((await trainer.evaluate(dataset)).accuracy).toBe(1);
    expect(labels.arraySync()).toEqual([...dataset.targets]);
  });

  it("may be functional, linear at its end, and take part in a larger model", async ({ expect }) => {
    const input = tf.input({ shape: [4] });
    const hidden = tf.layers
      .dense({ units: 5, activation: "sigmoid", name: "hidden", kernelInitializer: initializer(4) })
      .apply(input);
    const output = tf.layers
      .dense({ units: 2, name: "output", kernelInitializer: initializer(5) })
      .apply(hidden) as tf.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs: output });
    tf.model({ inputs: input, outputs: tf.layers.dense({ units: 1 }).apply(output) as tf.SymbolicTensor });

    const trainer = await createTfjsTrainer(model, { ...defaults, loss: "meanSquaredError" });
    expect(trainer.model).toEqual({
      input: [4],
      layers: [
        { type: "dense", units: 5, activation: "sigmoid" },
        { type: "dense", units: 2, activation: "linear" },
      ],
    });
    const inputs = waves(20 * 4);
    const dataset = toDataset({ inputs, targets: waves(20 * 2, 1), inputSize: 4 });
    const before = await trainer.evaluate(dataset);
    await trainer.train(dataset, { epochs: 20 });
    expect((await trainer.evaluate(dataset)).loss).toBeLessThan(before.loss);
    const outputs = model.predict(tf.tensor2d(inputs, [20, 4])) as tf.Tensor;
    expect(relativeError(await trainer.predict(inputs), await outputs.data())).toBeLessThan(1e-6);
  });

  it("with a sigmoid at its end learns by sigmoidCrossEntropy", async ({ expect }) => {
    const model = tf.sequential({
      layers: [
        tf.layers.dense({
          units: 2,
          activation: "sigmoid",
          inputShape: [4],
          kernelInitializer: initializer(6),
        }),
      ],
    });
    const trainer = await createTfjsTrainer(model, {
      ...defaults,
      loss: "sigmoidCrossEntropy",
      rule: proxProp({ tau: 1, lastLayer: "prox" }),
    });
    const inputs = waves(16 * 4);
    const targets = Float32Array.from({ length: 32 }, (_, i) => ((inputs[2 * i] ?? 0) > 0 ? 1 : 0));
    for (let step = 0; step < 60; step++) {
      await trainer.step({ inputs: inputs.subarray(0, 32), targets: targets.subarray(0, 16) });
      await trainer.step({ inputs: inputs.subarray(32), targets: targets.subarray(16) });
    }
    const probabilities = await (model.predict(tf.tensor2d(inputs, [16, 4])) as tf.Tensor).data();
    expect(Float32Array.from(probabilities, Math.round)).toEqual(targets);
  });

  it("keeps its weights when the trainer goes, and takes those that the trainer is given", async ({
    expect,
  }) => {
    const model = createModel();
    const trainer = await createTfjsTrainer(model, {
      ...defaults,
      params: new Float32Array(9 * 7 + 9 * 7 + 7 + 24).fill(0.25),
    });
    await trainer.dispose();
    expect(new Set(await flatWeights(model))).toEqual(new Set([0.25]));
  });
});

describe("the gradient of a tf.LayersModel", () => {
  // Of all backends: on wasm, tfjs's own gradient of a dense layer does not pass tfjs's own check for leaks.
  useTfjsBackend("cpu");

  it("is the one that tfjs's own autodiff finds", async ({ expect }) => {
    const model = createModel();
    const trainer = await createTfjsTrainer(model, { ...defaults, rule: backprop() });
    const { inputs, targets } = createExamples();
    const batch = {
      inputs: Float32Array.from(inputs.subarray(0, 48)),
      targets: Int32Array.from(targets.subarray(0, 8)),
    };
    const { value, grads } = tf.variableGrads(() => {
      const probabilities = model.apply(tf.tensor2d(batch.inputs, [8, 6]), { training: true }) as tf.Tensor;
      const isLabel = tf.oneHot(tf.tensor1d(batch.targets, "int32"), 3);
      return tf.neg(tf.mean(tf.sum(tf.mul(tf.log(probabilities), isLabel), 1)));
    });
    const expected = model.weights.flatMap(({ name }) => [...(grads[name]?.dataSync() ?? [])]);
    const { loss, direction } = await trainer.direction(batch);
    expect(loss).toBeCloseTo(value.dataSync()[0] ?? 0, 6);
    // Both are float32, through three layers: some roundings of 6e-8.
    expect(relativeError(direction, expected)).toBeLessThan(1e-5);
  });
});

describe("a tf.LayersModel that edgeprop cannot train as it is meant", () => {
  useTfjsBackend("cpu");

  const last = () => tf.layers.dense({ units: 3, name: "last" });
  const models: readonly [string, () => tf.LayersModel, RegExp][] = [
    [
      "another layer",
      () => tf.sequential({ layers: [tf.layers.flatten({ inputShape: [2, 3], name: "flat" }), last()] }),
      /layer flat is of class Flatten; expected Dense/,
    ],
    [
      "no bias",
      () =>
        tf.sequential({
          layers: [tf.layers.dense({ units: 4, useBias: false, inputShape: [6], name: "bare" }), last()],
        }),
      /layer bare has no bias/,
    ],
    [
      "another activation",
      () =>
        tf.sequential({
          layers: [tf.layers.dense({ units: 4, activation: "elu", inputShape: [6], name: "bent" }), last()],
        }),
      /layer bent has the activation elu; expected one of linear, relu, tanh, sigmoid$/,
    ],
    [
      "a softmax within",
      () =>
        tf.sequential({
          layers: [
            tf.layers.dense({ units: 4, activation: "softmax", inputShape: [6], name: "soft" }),
            last(),
          ],
        }),
      /layer soft has the activation softmax/,
    ],
    [
      "a frozen layer",
      () =>
        tf.sequential({
          layers: [tf.layers.dense({ units: 4, trainable: false, inputShape: [6], name: "ice" }), last()],
        }),
      /layer ice is frozen/,
    ],
    [
      "a regularizer",
      () =>
        tf.sequential({
          layers: [
            tf.layers.dense({ units: 4, kernelRegularizer: "l1l2", inputShape: [6], name: "tame" }),
            last(),
          ],
        }),
      /layer tame has a kernelRegularizer/,
    ],
    [
      "a constraint",
      () =>
        tf.sequential({
          layers: [
            tf.layers.dense({ units: 4, biasConstraint: "nonNeg", inputShape: [6], name: "held" }),
            last(),
          ],
        }),
      /layer held has a biasConstraint/,
    ],
    ["a branch", branched, /layer last is not fed by the layer before it alone/],
    ["two outputs", twoOutputs, /has 1 inputs and 2 outputs/],
    [
      "no layers yet",
      () => tf.sequential({ name: "void" }),
      /the model void has no dense layers, or is not built yet/,
    ],
  ];

  function branched(): tf.LayersModel {
    const input = tf.input({ shape: [6] });
    const left = tf.layers.dense({ units: 4 }).apply(input) as tf.SymbolicTensor;
    const right = tf.layers.dense({ units: 4, name: "last" }).apply(input) as tf.SymbolicTensor;
    return tf.model({ inputs: input, outputs: [left, right] });
  }

  function twoOutputs(): tf.LayersModel {
    const input = tf.input({ shape: [6] });
    const first = tf.layers.dense({ units: 4 }).apply(input) as tf.SymbolicTensor;
    const second = tf.layers.dense({ units: 4 }).apply(first) as tf.SymbolicTensor;
    return tf.model({ inputs: input, outputs: [first, second] });
  }

  it.for(models)("says so, naming the layer: %s", async ([, build, message], { expect }) => {
    await expect(createTfjsTrainer(build(), defaults)).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringMatching(message),
    });
  });

  it("says so where the last activation is not that of the loss", async ({ expect }) => {
    await expect(
      createTfjsTrainer(createModel(), { ...defaults, loss: "meanSquaredError" }),
    ).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringMatching(
        /has the activation softmax; .* or softmax for the loss softmaxCrossEntropy/,
      ),
    });
  });
});
