/** A layer of your own: the model has its shapes and params, the trainer gets its code. */
import { adam, createTrainer, custom, dense, proxProp, sequential, toDataset } from "edgeprop";
import type { CustomLayer } from "edgeprop";

/** a = x sigmoid(beta x), with one beta for each unit. */
const swish: CustomLayer = {
  forward({ inputs, outputs, params: { beta = new Float32Array() } }) {
    for (const [i, x] of inputs.entries()) outputs[i] = x * sigmoid(x * (beta[i % beta.length] ?? 0));
  },
  backward({ inputs, params, direction, outputGradient, inputGradient }) {
    const { beta = new Float32Array() } = params;
    const { beta: betaGradient = new Float32Array() } = direction;
    for (const [i, x] of inputs.entries()) {
      const [unit, g] = [i % beta.length, outputGradient[i] ?? 0];
      const b = beta[unit] ?? 0;
      const s = sigmoid(x * b);
      if (inputGradient !== null) inputGradient[i] = g * (s + x * b * s * (1 - s));
      betaGradient[unit] = (betaGradient[unit] ?? 0) + g * x * x * s * (1 - s);
    }
  },
};
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

const swishLayer = custom({ name: "swish", params: [{ name: "beta", shape: [16], init: "ones" }] });
const trainer = await createTrainer(sequential({ input: [2] }, [dense(16), swishLayer, dense(2)]), {
  loss: "softmaxCrossEntropy",
  rule: proxProp({ tau: 1 }),
  optimizer: adam({ learningRate: 0.05 }),
  batchSize: 20,
  customLayers: { swish },
});
// Two rings, one around the other.
const targets = Int32Array.from({ length: 200 }, (_, example) => example % 2);
const inputs = Float32Array.from(
  { length: 400 },
  (_, i) => (1 + (targets[i >> 1] ?? 0)) * Math.sin((i >> 1) + (i % 2) * 1.57),
);
const rings = toDataset({ inputs, targets, inputSize: 2 });
await trainer.train(rings, { epochs: 20 });
console.log(`accuracy ${(await trainer.evaluate(rings)).accuracy?.toFixed(3)}`);
