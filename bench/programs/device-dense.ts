/** What a device runs that trains a dense network: the least that edgeprop is. */
import { createTrainer, dense, proxProp, sequential, sgd } from "edgeprop";

export async function train(inputs: Float32Array, labels: Int32Array): Promise<Float32Array> {
  const model = sequential({ input: [784] }, [dense(128, { activation: "relu" }), dense(10)]);
  const trainer = await createTrainer(model, {
    loss: "softmaxCrossEntropy",
    rule: proxProp({ tau: 1 }),
    optimizer: sgd({ learningRate: 2 }),
    batchSize: 32,
  });
  await trainer.train(
    { inputs, targets: labels, inputSize: 784, inputScale: 1, numExamples: labels.length },
    { epochs: 5 },
  );
  return trainer.getParams();
}
