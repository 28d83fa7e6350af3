import {
  adagrad,
  adamw,
  batchNorm,
  conv2d,
  dense,
  dropout,
  embedding,
  flatten,
  layerNorm,
  proxProp,
  rmsprop,
  sequential,
  sgd,
} from "edgeprop";
import type { ModelSpec, TrainerOptions } from "edgeprop";
import { createTfjsTrainer } from "edgeprop/tfjs";
import { describe, it } from "vitest";
import { ownSets, swishLayer } from "../support/layers.ts";
import { changedBackprop, setsWithRule } from "../support/own-rules.ts";
import { useTfjsBackend } from "../support/tfjs.ts";

const mine = changedBackprop("mine", () => {});

const model = sequential({ input: [4] }, [dense(5, { activation: "relu" }), dense(3)]);
const defaults: TrainerOptions = {
  loss: "softmaxCrossEntropy",
  rule: proxProp({ tau: 1 }),
  optimizer: sgd({ learningRate: 0.1 }),
  batchSize: 4,
};

describe("the trainer on tfjs refuses what it does not know", () => {
  useTfjsBackend("cpu");

  const image = sequential({ input: [2, 2, 1] }, [conv2d(1, { kernelSize: 2 }), flatten(), dense(3)]);
  const flat = sequential({ input: [2, 2] }, [flatten(), dense(3)]);
  const cases: readonly [string, ModelSpec, Partial<TrainerOptions>, RegExp][] = [
    ["convolutions", image, {}, /^layers\[0\] is a conv2d layer; .* dense layers only/],
    ["other layers", flat, {}, /^layers\[0\] is a flatten layer/],
    ...[batchNorm(), layerNorm(), dropout(0.5), embedding(2, { vocabularySize: 3 }), swishLayer()].map(
      (layer): (typeof cases)[number] => [
        layer.type,
        sequential({ input: [4], sets: ownSets }, [layer, flatten(), dense(3)]),
        {},
        new RegExp(`^layers\\[0\\] is a ${layer.type} layer; .* dense layers only`),
      ],
    ),
    ...(["leakyRelu", "gelu"] as const).map((activation): (typeof cases)[number] => [
      activation,
      sequential({ input: [4] }, [dense(5, { activation }), dense(3)]),
      {},
      new RegExp(
        `^layers\\[0\\] has the activation "${activation}"; .* "linear", "relu", "tanh", "sigmoid" only`,
      ),
    ]),
    [
      "conjugate gradients",
      model,
      { rule: proxProp({ tau: 1, proxSolver: "cg", cgIterations: 3 }) },
      /^proxSolver is "cg"; .* "exact" only/,
    ],
    ["AdamW", model, { optimizer: adamw() }, /^the optimizer is "adamw"; .* "sgd" and "adam" only/],
    ["RMSProp", model, { optimizer: rmsprop() }, /^the optimizer is "rmsprop"/],
    ["Adagrad", model, { optimizer: adagrad() }, /^the optimizer is "adagrad"/],
    [
      "conjugate gradients in one layer",
      sequential({ input: [4] }, [
        dense(3, { rule: proxProp({ tau: 1, proxSolver: "cg", cgIterations: 3 }) }),
      ]),
      {},
      /^proxSolver is "cg"/,
    ],
    [
      "a rule of the user's",
      sequential({ input: [4], sets: setsWithRule(mine) }, model.layers),
      { rule: { name: "mine" } },
      /^the rule is "mine"; .* knows backprop and proxProp only/,
    ],
    ["clipping", model, { clipNorm: 1 }, /does not clip directions; leave out clipNorm/],
    ["frozen layers", model, { trainable: [1] }, /trains all layers; leave out trainable/],
  ];
  it.for(cases)("%s", async ([, spec, options, message], { expect }) => {
    await expect(createTfjsTrainer(spec, { ...defaults, ...options })).rejects.toMatchObject({
      name: "EdgepropError",
      code: "unsupported",
      message: expect.stringMatching(message),
    });
  });
});
