import {
  adam,
  createRandom,
  createTrainer,
  dense,
  loadKernels,
  proxProp,
  sequential,
  toDataset,
} from "edgeprop";
import type { Dataset } from "edgeprop";
import { trainTask } from "edgeprop/client";
import { describe, it } from "vitest";
import { createRunSpec, simulate } from "../../src/federated/index.ts";
import type {
  ClientRound,
  ClientUpdate,
  RunSpecInput,
  SimulatedRound,
  TrainTask,
} from "../../src/federated/index.ts";

const model = sequential({ input: [5] }, [dense(6, { activation: "relu" }), dense(3)]);
const loss = "softmaxCrossEntropy";
// Adam, so that state kept from one task to the next would show.
const trainerOptions = { rule: proxProp({ tau: 1 }), optimizer: adam(), batchSize: 4 };
const training = { ...trainerOptions, localEpochs: 2 };
const input: RunSpecInput = { model, loss, training, rounds: 3, cohortSize: 3, seed: 11 };
const clients = ["ada", "bea", "cyd"];
const kernels = loadKernels();
const slicing = { pause: async () => {} };

/** Of different sizes, so that the weights matter. */
const datasets = new Map(clients.map((client, index) => [client, createExamples(index)]));

function createExamples(index: number): Dataset {
  const random = createRandom(index, "examples");
  const numExamples = 5 + 4 * index;
  return toDataset({
    inputs: Float32Array.from({ length: 5 * numExamples }, () => 2 * random.uniform() - 1),
    targets: Int32Array.from({ length: numExamples }, () => random.below(3)),
    inputSize: 5,
  });
}

function dataOf(client: string): Dataset {
  return datasets.get(client) ?? createExamples(0);
}

async function train(task: TrainTask, { client, params }: ClientRound): Promise<ClientUpdate> {
  return trainTask(createTrainer, task, { params, dataset: dataOf(client), slicing });
}

async function initialParams(): Promise<Float32Array> {
  return (await createTrainer(model, { loss, ...trainerOptions, seed: 11 })).getParams();
}

async function run(overrides: Partial<RunSpecInput> = {}, options: Partial<Options> = {}) {
  const params = await initialParams();
  const spec = createRunSpec({ ...input, ...overrides });
  const rounds: SimulatedRound[] = [];
  for await (const round of simulate(spec, { kernels, params, clients, train, ...options }))
    rounds.push(round);
  return rounds;
}

type Options = Parameters<typeof simulate>[1];

describe("the in-process simulation", () => {
  it("gives the same bytes twice, and in any order of the clients", async ({ expect }) => {
    const rounds = await run();
    expect(rounds.map(({ summary }) => summary.round)).toEqual([1, 2, 3]);
    expect(rounds.map(({ summary }) => summary.numExamples)).toEqual([27, 27, 27]);
    expect(await run()).toEqual(rounds);
    for (const order of [clients.toReversed(), ["bea", "ada", "cyd"]]) {
      expect(await run({}, { clients: order })).toEqual(rounds);
    }
  });

  it("is what a plain loop computes", async ({ expect }) => {
    let params = await initialParams();
    for (const { summary, params: simulated } of await run()) {
      const mean = new Float64Array(params.length);
      for (const client of clients) {
        const dataset = dataOf(client);
        const seed = createRandom(11, "task", summary.round, client).uint32();
        const trainer = await createTrainer(model, { loss, ...trainerOptions, seed, params });
        await trainer.train(dataset, { epochs: 2 });
        const after = await trainer.getParams();
        for (const [index, value] of after.entries()) {
          mean[index] = (mean[index] ?? 0) + ((value - (params[index] ?? 0)) * dataset.numExamples) / 27;
        }
      }
      for (const [index, value] of simulated.entries()) {
        const expected = (params[index] ?? 0) + (mean[index] ?? 0);
        // The deltas and the result are rounded to float32 (params of at most 2), the sum to 2^-32.
        expect(Math.abs(value - expected)).toBeLessThan(3e-7);
      }
      params = simulated;
    }
  });

  it("trains a cohort alone, and counts it alone", async ({ expect }) => {
    const rounds = await run({ cohortSize: 2, rounds: 6 });
    const cohorts = rounds.map(({ summary }) => summary.clients);
    expect(cohorts.every(({ length }) => length === 2)).toBe(true);
    expect(new Set(cohorts.flat())).toEqual(new Set(clients));
  });

  it("closes a round at its deadline without an update that cannot count", async ({ expect }) => {
    const [first] = await run({ rounds: 1, minUpdates: 2 }, { train: withoutCyd });
    expect(first?.summary).toMatchObject({ clients: ["ada", "bea"], numExamples: 14, closedAt: 600_000 });
  });

  it("ends with the reason where too few updates can count", async ({ expect }) => {
    await expect(run({ minUpdates: 3 }, { train: withoutCyd })).rejects.toMatchObject({
      code: "conflict",
      message:
        'the run is paused: round 1 had 2 of the 3 updates it needs at its deadline; client "cyd": the delta holds a value that is not finite',
    });
  });

  it("refuses what it cannot run", async ({ expect }) => {
    const refused = { code: "bad-option" };
    await expect(run({ cohortSize: 4 })).rejects.toMatchObject(refused);
    await expect(run({}, { clients: ["ada", "ada", "bea", "cyd"] })).rejects.toMatchObject(refused);
    await expect(run({ evaluation: { everyRounds: 1, requires: {} } })).rejects.toMatchObject(refused);
    const minibatch = { exchange: "direction", numExamples: 8 } as const;
    const oneEpoch = { ...training, localEpochs: 1 };
    await expect(run({ mode: "minibatch", minibatch, training: oneEpoch })).rejects.toMatchObject(refused);
  });
});

async function withoutCyd(task: TrainTask, given: ClientRound): Promise<ClientUpdate> {
  const update = await train(task, given);
  return given.client === "cyd" ? { ...update, delta: update.delta.fill(Number.NaN) } : update;
}
