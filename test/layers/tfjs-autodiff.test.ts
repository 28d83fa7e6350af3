import {
  backprop,
  batchNorm,
  conv2d,
  createTrainer,
  dense,
  depthwiseConv2d,
  dropout,
  embedding,
  flatten,
  globalAvgPool1d,
  globalAvgPool2d,
  layerNorm,
  maxPool2d,
  sequential,
  sgd,
} from "edgeprop";
import type { ModelSpec } from "edgeprop";
import fc from "fast-check";
import { describe, it } from "vitest";
import { errorOf, mixedModels, mixedProblem, ownSets, swishLayer } from "../support/layers.ts";
import type { Problem } from "../support/problems.ts";
import { gradientOfTfjs } from "../support/tfjs-layers.ts";
import { useTfjsBackend } from "../support/tfjs.ts";

const seed = 5;
const image = { input: [6, 5, 5] };
const models: readonly [string, ModelSpec][] = [
  ["leakyRelu", sequential({ input: [7] }, [dense(9, { activation: "leakyRelu" }), dense(3)])],
  ["gelu", sequential({ input: [7] }, [dense(9, { activation: "gelu" }), dense(3)])],
  [
    "batchNorm",
    sequential(image, [
      conv2d(5, { kernelSize: 3, activation: "tanh" }),
      batchNorm(),
      globalAvgPool2d(),
      batchNorm({ epsilon: 0.01 }),
      dense(3),
    ]),
  ],
  [
    "layerNorm",
    sequential(image, [layerNorm(), conv2d(5, { kernelSize: 2 }), layerNorm(), flatten(), dense(3)]),
  ],
  [
    "dropout",
    sequential({ input: [9] }, [dropout(0.3), dense(9, { activation: "tanh" }), dropout(0.5), dense(3)]),
  ],
  [
    "embedding",
    sequential({ input: [6] }, [
      embedding(5, { vocabularySize: 7 }),
      layerNorm(),
      globalAvgPool1d(),
      dense(3),
    ]),
  ],
  ...(["same", "valid", 2] as const).flatMap((padding) =>
    [1, 2].map((stride): [string, ModelSpec] => [
      `depthwiseConv2d with padding ${padding}, stride ${stride}`,
      sequential(image, [
        depthwiseConv2d({ kernelSize: 3, stride, padding, activation: "gelu" }),
        depthwiseConv2d({ kernelSize: 2, padding: 1, activation: "leakyRelu" }),
        maxPool2d(2),
        flatten(),
        dense(3),
      ]),
    ]),
  ),
  ["a layer of a user's own", sequential({ input: [7], sets: ownSets }, [dense(6), swishLayer(), dense(3)])],
];

describe("the direction of backprop", () => {
  useTfjsBackend("cpu");

  /** Of loss and direction, against tfjs's automatic gradient. */
  async function errorAgainstTfjs(problem: Problem): Promise<number> {
    const { model, loss, rows, batch } = problem;
    const optimizer = sgd({ learningRate: 1 });
    const options = { loss, rule: backprop(), optimizer, batchSize: rows, seed };
    const trainer = await createTrainer(model, options);
    const expected = await gradientOfTfjs(problem, await trainer.getParams(), seed);
    const found = await trainer.direction(batch);
    return Math.max(
      Math.abs(found.loss - expected.loss) / (1 + expected.loss),
      errorOf(found.direction, [...expected.gradient]),
    );
  }

  it.for(models)("is tfjs's automatic gradient: %s", async ([, model], { expect }) => {
    for (const loss of ["softmaxCrossEntropy", "meanSquaredError"] as const) {
      const problem = mixedProblem(model, { loss, rows: 5, seed: 11 });
      // Two float32 programs, each with roundings of 6e-8 over sums of some hundred terms.
      expect(await errorAgainstTfjs(problem), loss).toBeLessThan(2e-5);
    }
  });

  it("is tfjs's on random models of all kinds of layers", async ({ expect }) => {
    await fc.assert(
      fc.asyncProperty(mixedModels, fc.nat(), fc.integer({ min: 1, max: 5 }), async (model, data, rows) => {
        const problem = mixedProblem(model, { loss: "softmaxCrossEntropy", rows, seed: data });
        // As in mixed-models.test.ts, of two float32 programs.
        expect(await errorAgainstTfjs(problem)).toBeLessThan(2e-3);
      }),
      { numRuns: 30 },
    );
  });
});
