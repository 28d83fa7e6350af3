/** node examples/tfjs-layers-model/main.ts [wasm|cpu|webgpu]: trains a tf.LayersModel by ProxProp, in place. */
import * as tf from "@tensorflow/tfjs";
import { proxProp, sgd, toDataset } from "edgeprop";
import { createTfjsTrainer, loadTfjsBackend, tfjsBackends } from "edgeprop/tfjs";

/** Two noisy copies of ten 8 x 8 patterns, one per class: they stand in for your own examples. */
function createExamples(seed: number) {
  const inputs = Float32Array.from({ length: 400 * 64 }, (_, index) => {
    const [example, pixel] = [Math.floor(index / 64), index % 64];
    return Math.sin((example % 10) * 31 + pixel) + 0.5 * Math.sin(index * 12.9898 + seed);
  });
  return toDataset({
    inputs,
    targets: Int32Array.from({ length: 400 }, (_, example) => example % 10),
    inputSize: 64,
  });
}

// In a browser, import the backend that you want and call tf.setBackend instead.
const backend = await loadTfjsBackend(tfjsBackends.find((name) => name === process.argv[2]) ?? "wasm");

const model = tf.sequential({
  layers: [
    tf.layers.dense({ units: 32, activation: "relu", inputShape: [64] }),
    tf.layers.dense({ units: 10, activation: "softmax" }),
  ],
});
const trainer = await createTfjsTrainer(model, {
  loss: "softmaxCrossEntropy",
  rule: proxProp({ tau: 1 }),
  optimizer: sgd({ learningRate: 1 }),
  batchSize: 8,
  seed: 1,
});
const [train, test] = [createExamples(1), createExamples(2)];
for await (const { epoch, loss, validation } of trainer.fit(train, { epochs: 3, validation: test })) {
  console.log(`epoch ${epoch}: loss ${loss.toFixed(4)}, accuracy ${validation?.accuracy?.toFixed(3)}`);
}

// The model is yours, and trained: tfjs predicts with it, saves it, goes on training it.
const probabilities = model.predict(tf.tensor2d(test.inputs.slice(0, 5 * 64), [5, 64])) as tf.Tensor;
console.log(
  `on ${tf.getBackend()} the first five are ${(await tf.argMax(probabilities, 1).data()).join(", ")}`,
);
backend.unload();
