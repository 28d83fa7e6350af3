import {
  adamw,
  allSets,
  avgPool2d,
  batchNorm,
  conv2d,
  createTrainer,
  dense,
  depthwiseConv2d,
  dropout,
  embedding,
  flatten,
  globalAvgPool1d,
  layerNorm,
  proxProp,
  restoreTrainer,
  sequential,
  toDataset,
} from "edgeprop";
import { customLayer } from "edgeprop/core";
import type { ModelSpec } from "edgeprop";
import { describe, it } from "vitest";

/** a = x / 2: products with a half are exact, so that no engine's arithmetic comes in. */
const halve = customLayer({
  type: "halve",
  parse(fields) {
    fields.allowOnly(["type"]);
    return { type: "halve" };
  },
  form: (_, { inputShape }) => ({ outputShape: inputShape, params: [] }),
  forward: ({ inputs, outputs }) => outputs.set(inputs.map((x) => x / 2)),
  backward: ({ outputGradient, inputGradient }) => inputGradient?.set(outputGradient.map((g) => g / 2)),
});
const sets = { ...allSets, layers: { ...allSets.layers, halve } };

const models: readonly [string, ModelSpec, string][] = [
  [
    "images",
    sequential({ input: [6, 5, 2], sets }, [
      depthwiseConv2d({ kernelSize: 3, padding: "same", activation: "gelu" }),
      batchNorm(),
      conv2d(5, { kernelSize: 2, activation: "leakyRelu" }),
      avgPool2d(2),
      dropout(0.25),
      layerNorm(),
      { type: "halve" },
      flatten(),
      dense(3),
    ]),
    "a917275cd317f379",
  ],
  [
    "tokens",
    sequential({ input: [60] }, [
      embedding(5, { vocabularySize: 9 }),
      layerNorm(),
      globalAvgPool1d(),
      dense(6, { activation: "gelu" }),
      batchNorm(),
      dense(3),
    ]),
    "ea870faf9235bfd4",
  ],
];

async function digest(params: Float32Array): Promise<string> {
  const bytes = new Uint8Array(params.slice().buffer);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...hash.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

describe("models of all kinds of layers", () => {
  it.for(models)(
    "train to these very bytes in every engine, on %s",
    async ([, model, expected], { expect }) => {
      const examples = toDataset({
        inputs: Uint8Array.from({ length: 20 * 60 }, (_, i) => (i * 7919) % 9),
        targets: Int32Array.from({ length: 20 }, (_, i) => i % 3),
        inputSize: 60,
        inputScale: 1,
      });
      const whole = await createTrainer(model, {
        loss: "softmaxCrossEntropy",
        rule: proxProp({ tau: 1 }),
        optimizer: adamw({ learningRate: 0.02 }),
        batchSize: 8,
      });
      await whole.train(examples, { maxSteps: 4 });
      const restored = await restoreTrainer(await whole.checkpoint(), { sets });
      await whole.train(examples, { maxSteps: 3 });
      await restored.train(examples, { maxSteps: 3 });
      expect(await restored.checkpoint()).toEqual(await whole.checkpoint());
      // Another value here means other arithmetic: then it is to be replaced, knowingly.
      expect(await digest(await whole.getParams())).toBe(expected);
    },
  );
});
