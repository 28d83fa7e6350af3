/** A layer of your own: an object like edgeprop's, in the sets that the model is read with. */
import { adam, allSets, createTrainer, dense, proxProp, sequential, toDataset } from "edgeprop";
import { customLayer } from "edgeprop/core";

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** a = x sigmoid(beta x), with one beta for each unit. */
const swish = customLayer({
  type: "swish",
  isPerExample: true,
  parse(fields) {
    fields.allowOnly(["type"]);
    return { type: "swish" };
  },
  form: (_, { inputShape }) => ({
    outputShape: inputShape,
    params: [{ name: "beta", shape: inputShape, initial: { kind: "ones" }, isTrained: true }],
  }),
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
});

const sets = { ...allSets, layers: { ...allSets.layers, swish } };
const model = sequential({ input: [2], sets }, [dense(16), { type: "swish" }, dense(2)]);
const trainer = await createTrainer(model, {
  loss: "softmaxCrossEntropy",
  rule: proxProp({ tau: 1 }),
  optimizer: adam({ learningRate: 0.05 }),
  batchSize: 20,
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
