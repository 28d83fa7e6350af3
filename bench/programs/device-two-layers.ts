/** What a device runs that names two layers, one rule and one optimizer through edgeprop/core: the bundle holds no others. */
import { backprop, createTrainer, dense, dropout, sequential, sgd } from "edgeprop/core";

export async function train(inputs: Float32Array, labels: Int32Array): Promise<Float32Array> {
  const model = sequential({ input: [784] }, [dense(128, { activation: "relu" }), dropout(0.5), dense(10)]);
  const trainer = await createTrainer(model, {
    loss: "softmaxCrossEntropy",
    rule: backprop(),
    optimizer: sgd({ learningRate: 0.1 }),
    batchSize: 32,
  });
  await trainer.train(
    { inputs, targets: labels, inputSize: 784, inputScale: 1, numExamples: labels.length },
    { epochs: 5 },
  );
  return trainer.getParams();
}
