import { createTrainer, dense, proxProp, sequential, sgd, toDataset } from "edgeprop";

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

const model = sequential({ input: [64] }, [dense(32, { activation: "relu" }), dense(10)]);
const trainer = await createTrainer(model, {
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
const labels = await trainer.predict(test.inputs.subarray(0, 5 * 64));
console.log(`the first five are ${labels.join(", ")}`);
