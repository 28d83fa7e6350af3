import * as tf from "@tensorflow/tfjs";
import {
  batchNorm,
  conv2d,
  createPredictor,
  dense,
  depthwiseConv2d,
  embedding,
  flatten,
  globalAvgPool1d,
  layerNorm,
  sequential,
} from "edgeprop";
import type { Model } from "edgeprop";
import { exportParams, importParams } from "edgeprop/interop";
import { toFloat32, toTensor } from "edgeprop/safetensors";
import type { Tensor } from "edgeprop/safetensors";
import { describe, it } from "vitest";
import { useTfjsBackend, waves } from "../support/tfjs.ts";

const epsilon = 1e-3;
const relu = { activation: "relu" } as const;

const images: Model = sequential({ input: [5, 6, 2] }, [
  conv2d(3, { kernelSize: 3, padding: "same", ...relu }),
  batchNorm({ epsilon }),
  depthwiseConv2d({ kernelSize: 3, padding: "valid", ...relu }),
  flatten(),
  dense(4, { activation: "tanh" }),
  dense(4),
]);

/** The same in Keras's API, which gives the weights Keras's names and shapes. */
function createImages(): tf.Sequential {
  return tf.sequential({
    layers: [
      tf.layers.conv2d({ filters: 3, kernelSize: 3, padding: "same", inputShape: [5, 6, 2], ...relu }),
      tf.layers.batchNormalization({ epsilon }),
      tf.layers.depthwiseConv2d({ kernelSize: 3, padding: "valid", depthMultiplier: 1, ...relu }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 4, activation: "tanh" }),
      tf.layers.dense({ units: 4 }),
    ],
  });
}

const texts: Model = sequential({ input: [5] }, [
  embedding(3, { vocabularySize: 7 }),
  layerNorm({ epsilon }),
  globalAvgPool1d(),
  dense(2),
]);

function createTexts(): tf.Sequential {
  return tf.sequential({
    layers: [
      tf.layers.embedding({ inputDim: 7, outputDim: 3, inputLength: 5 }),
      tf.layers.layerNormalization({ epsilon }),
      tf.layers.globalAveragePooling1d({}),
      tf.layers.dense({ units: 2 }),
    ],
  });
}

/** As a safetensors file of a Keras model has them. */
function tensorsOf(model: tf.Sequential): Record<string, Tensor> {
  return Object.fromEntries(
    model.weights.map((weight) => {
      const value = weight.read();
      return [weight.name, toTensor(Float32Array.from(value.dataSync()), value.shape)];
    }),
  );
}

/** Other values than the initial ones, a variance above 0 among them. */
function fill(model: tf.Sequential): void {
  model.weights.forEach((weight, i) => {
    const value = weight.read();
    weight.write(
      tf.tensor(
        waves(value.size, i).map((each) => 0.6 + each / 2),
        value.shape,
      ),
    );
  });
}

function distance(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Infinity;
  return Array.from(found, (value, i) => Math.abs(value - (expected[i] ?? Number.NaN))).reduce(
    (most, each) => Math.max(most, each),
    0,
  );
}

/** Sums of less than 100 products of values of some tens, in float32. */
const tolerance = 1e-3;

describe("a model in Keras's names and shapes", () => {
  useTfjsBackend("cpu");

  it.for([
    ["images", images, createImages, waves(60)],
    ["texts", texts, createTexts, Float32Array.of(0, 6, 2, 2, 5)],
  ] as const)("predicts what it predicts there: %s", async ([, model, create, inputs], { expect }) => {
    const theirs = create();
    fill(theirs);
    const params = importParams(model, tensorsOf(theirs), { from: "keras" });
    const predictor = await createPredictor(model, { loss: "meanSquaredError", batchSize: 1, params });
    const expected = theirs.predict(tf.tensor(inputs, [1, ...model.input])) as tf.Tensor;
    expect(distance(await predictor.predict(inputs), expected.dataSync())).toBeLessThan(tolerance);
  });

  it("goes back to the same shapes", ({ expect }) => {
    const shapes = (given: Record<string, Tensor>) =>
      Object.values(given)
        .map(({ shape }) => shape.join("x"))
        .toSorted((a, b) => a.localeCompare(b));
    const params = waves(images.numParams);
    const tensors = exportParams(images, params, { to: "keras" });
    const theirs = createImages();
    // tfjs lists what is trained first.
    expect(shapes(tensors)).toEqual(shapes(tensorsOf(theirs)));
    expect(Object.keys(tensors)).toEqual([
      "conv2d/kernel",
      "conv2d/bias",
      "batch_normalization/gamma",
      "batch_normalization/beta",
      "batch_normalization/moving_mean",
      "batch_normalization/moving_variance",
      "depthwise_conv2d/kernel",
      "depthwise_conv2d/bias",
      "dense/kernel",
      "dense/bias",
      "dense_1/kernel",
      "dense_1/bias",
    ]);
    expect(importParams(images, tensors, { from: "keras" })).toEqual(params);
  });

  it("may have the names of Keras 2 and of a name scope", ({ expect }) => {
    const model = sequential({ input: [2] }, [dense(1)]);
    const tensors = {
      "sequential/dense_7/kernel:0": toTensor(Float32Array.of(1, 2), [2, 1]),
      "sequential/dense_7/bias:0": toTensor(Float32Array.of(3), [1]),
    };
    expect([...importParams(model, tensors, { from: "keras" })]).toEqual([1, 2, 3]);
    expect(toFloat32(tensors["sequential/dense_7/bias:0"])).toEqual(Float32Array.of(3));
  });
});
