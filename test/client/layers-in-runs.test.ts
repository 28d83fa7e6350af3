import {
  allSets,
  batchNorm,
  createTrainer,
  dense,
  dropout,
  embedding,
  flatten,
  loadKernels,
  paramsLayout,
  parseModelSpec,
  proxProp,
  sequential,
  sgd,
  toDataset,
} from "edgeprop";
import type { Dataset, ModelSpec } from "edgeprop";
import { customLayer } from "edgeprop/core";
import { describe, it } from "vitest";
import { createDataSource } from "../../src/client/index.ts";
import { trainShard } from "../../src/client/train-shard.ts";
import { trainTask } from "../../src/client/train-task.ts";
import type { TrainTask } from "../../src/federated/index.ts";
import { decodeUpdate } from "../../src/protocol/index.ts";

const tokens = toDataset({
  inputs: Uint8Array.from({ length: 60 }, (_, i) => (i * 7) % 5),
  targets: Int32Array.from({ length: 20 }, (_, i) => i % 2),
  inputSize: 3,
  inputScale: 1,
});

function taskOf(model: ModelSpec, seed: number): TrainTask {
  const training = {
    rule: proxProp({ tau: 1 }),
    optimizer: sgd({ learningRate: 0.1, weightDecay: 0.1 }),
    batchSize: 10,
    localEpochs: 1,
  };
  return { kind: "train", round: 1, model, loss: "softmaxCrossEntropy", training, seed, timeLeftMs: 1000 };
}

async function initialParams(model: ModelSpec): Promise<Float32Array> {
  const { loss, training } = taskOf(model, 1);
  const { rule, optimizer, batchSize } = training;
  return (await createTrainer(model, { loss, rule, optimizer, batchSize })).getParams();
}

describe("in a run", () => {
  it("a client's delta has what its batchNorm has seen, to be averaged like all else", async ({ expect }) => {
    const model = sequential({ input: [1] }, [batchNorm({ momentum: 0.5 }), dense(2)]);
    const params = await initialParams(model);
    const slicing = { pause: async () => {} };
    const deltaOf = async (value: number): Promise<Float32Array> => {
      const dataset: Dataset = toDataset({
        inputs: Float32Array.from({ length: 10 }, (_, i) => value + (i % 2)),
        targets: Int32Array.from({ length: 10 }, (_, i) => i % 2),
        inputSize: 1,
      });
      return (await trainTask(createTrainer, taskOf(model, 1), { params, dataset, slicing })).delta;
    };
    // One batch of ten: half of the way from 0 to its mean, from 1 to its unbiased variance of 0.25 x 10 / 9.
    const [a, b] = [await deltaOf(2), await deltaOf(6)];
    expect([a[2], b[2]]).toEqual([1.25, 3.25]);
    for (const delta of [a, b]) expect(delta[3]).toBeCloseTo((2.5 / 9 - 1) / 2, 6);
  });

  it("a shard's direction through dropout is the same whoever computes it, and another in another round", async ({
    expect,
  }) => {
    const model = sequential({ input: [3] }, [
      embedding(4, { vocabularySize: 5 }),
      flatten(),
      dropout(0.5),
      dense(2),
    ]);
    const params = await initialParams(model);
    const shard = { index: 0, begin: 5, end: 15, exchange: "direction" } as const;
    const directionOf = async (seed: number) => {
      const client = { data: createDataSource(tokens), createTrainer, loadKernels };
      return trainShard(client, taskOf(model, seed), { shard, params });
    };
    expect(await directionOf(1)).toEqual(await directionOf(1));
    expect(await directionOf(2)).not.toEqual(await directionOf(1));
    const { delta } = decodeUpdate(paramsLayout(model), await directionOf(1));
    expect(delta.some((value) => value !== 0)).toBe(true);
  });

  it("a client that was not handed a user's layer says so", async ({ expect }) => {
    const mine = customLayer({
      type: "mine",
      parse: () => ({ type: "mine" }),
      form: (_, { inputShape }) => ({ outputShape: inputShape, params: [] }),
      forward: ({ inputs, outputs }) => outputs.set(inputs),
      backward: ({ outputGradient, inputGradient }) => inputGradient?.set(outputGradient),
    });
    const sets = { ...allSets, layers: { ...allSets.layers, mine } };
    const model = sequential({ input: [3], sets }, [dense(3), { type: "mine" }]);
    const params = new Float32Array(12);
    const slicing = { pause: async () => {} };
    const given = { params, dataset: tokens, slicing };
    // As it arrives over HTTP.
    const task = JSON.parse(JSON.stringify(taskOf(model, 1))) as TrainTask;
    await expect(trainTask(createTrainer, task, given)).rejects.toMatchObject({
      code: "bad-option",
      message: expect.stringMatching(/^layers\[1\].type is "mine"; expected one of "dense", /),
    });
    const { delta } = await trainTask(
      createTrainer,
      { ...task, model: parseModelSpec(task.model, { sets }) },
      given,
    );
    expect(delta.some((value) => value !== 0)).toBe(true);
  });
});
