import { createRandom, partitionExamples, selectExamples } from "../../src/data/index.ts";
import type { Dataset } from "../../src/data/index.ts";
import { trainTask } from "../../src/client/index.ts";
import type { CreateTrainer } from "../../src/client/index.ts";
import { createRunSpec, simulate } from "../../src/federated/index.ts";
import type { ClientRound, ClientUpdate, RunSpec, TrainTask } from "../../src/federated/index.ts";
import { createTrainerWith, dense, errorCode, loadKernels, sequential } from "../../src/node.ts";
import type { Mnist } from "../../src/cli/mnist.ts";
import type { Setting } from "./grid.ts";
import type { Outcome } from "./summary.ts";

export const numClients = 8;
export const batchSize = 32;
const loss = "softmaxCrossEntropy";
const model = sequential({ input: [784] }, [dense(128, { activation: "relu" }), dense(10)]);

/** One compilation for all clients: what the engine has optimised is not optimised again for each of them. */
const relaxed = loadKernels({ deterministic: false });
const createTrainer: CreateTrainer = (spec, options) =>
  createTrainerWith(() => relaxed, spec, { ...options, deterministic: false });
const kernels = loadKernels();
const slicing = { pause: async () => {} };

/** A client's name -> its examples. */
export type Clients = ReadonlyMap<string, Dataset>;

/**
 * Splits `samples` training examples, drawn by the seed where that is not all, over the clients by Dirichlet(alpha).
 * Names and partition are those of `npm start`, so that the same seed is the same run.
 */
export function splitExamples(
  { train }: Mnist,
  { alpha, seed, samples }: { readonly alpha: number; readonly seed: number; readonly samples: number },
): Clients {
  const dataset = samples < train.numExamples ? selectExamples(train, drawSome(train, samples, seed)) : train;
  const partition = { kind: "dirichlet", alpha } as const;
  const shards = partitionExamples(dataset.targets, { clients: numClients, partition, seed });
  return new Map(shards.map((shard, index) => [`edge-${index}`, selectExamples(dataset, shard)]));
}

function drawSome({ numExamples }: Dataset, samples: number, seed: number): Uint32Array {
  const order = Uint32Array.from({ length: numExamples }, (_, index) => index);
  createRandom(seed, "samples").shuffle(order);
  return order.subarray(0, samples);
}

/** One run: initial params, order of examples and partition come from the seed alone, the same for every setting. */
export async function runSetting(
  training: Setting["training"],
  {
    clients,
    test,
    seed,
    rounds,
  }: { readonly clients: Clients; readonly test: Dataset; readonly seed: number; readonly rounds: number },
): Promise<Outcome> {
  const spec = toRunSpec(training, seed, rounds);
  // Draws the initial params, and evaluates.
  const evaluator = await createTrainer(model, { loss, ...training, batchSize: 100, seed });
  const accuracies: number[] = [];
  try {
    const params = await evaluator.getParams();
    for await (const round of simulate(spec, { ...givenTo(clients), params })) {
      await evaluator.setParams(round.params);
      accuracies.push((await evaluator.evaluate(test)).accuracy ?? 0);
    }
    return { accuracies };
  } catch (error) {
    if (errorCode(error) === undefined || !(error instanceof Error)) throw error;
    return { accuracies, failure: error.message };
  }
}

function toRunSpec(training: Setting["training"], seed: number, rounds: number): RunSpec {
  return createRunSpec({
    model,
    loss,
    training: { ...training, batchSize, localEpochs: 1 },
    rounds,
    cohortSize: numClients,
    minUpdates: numClients,
    // An update that cannot count ends the run: the same task would train to the same bytes.
    maxExtensions: 0,
    seed,
  });
}

function givenTo(clients: Clients, onUpdate: (update: ClientUpdate) => void = () => {}) {
  return {
    kernels,
    clients: [...clients.keys()],
    async train(task: TrainTask, { client, params }: ClientRound): Promise<ClientUpdate> {
      const dataset = clients.get(client);
      if (dataset === undefined) throw new Error(`no examples for ${client}`);
      const update = await trainTask(createTrainer, task, { params, dataset, slicing });
      onUpdate(update);
      return update;
    },
  };
}

/**
 * One round of the simulation against sum(n_k (p + delta_k)) / sum(n_k) in plain float64; throws where they differ by
 * more than rounding: each term to a multiple of 2^-32, the result to float32.
 */
export async function checkOneRound(training: Setting["training"], clients: Clients): Promise<void> {
  const seed = 1;
  const trainer = await createTrainer(model, { loss, ...training, batchSize, seed });
  const params = await trainer.getParams();
  const updates: ClientUpdate[] = [];
  const given = givenTo(clients, (update) => updates.push(update));
  const mean = new Float64Array(params.length);
  let worst = 0;
  for await (const round of simulate(toRunSpec(training, seed, 1), { ...given, params })) {
    const total = updates.reduce((sum, { numExamples }) => sum + numExamples, 0);
    for (const { delta, numExamples } of updates) {
      for (const [index, value] of delta.entries())
        mean[index] = (mean[index] ?? 0) + (numExamples / total) * ((params[index] ?? 0) + value);
    }
    for (const [index, value] of round.params.entries()) {
      const expected = mean[index] ?? 0;
      const allowed = 2 ** -24 * Math.abs(expected) + (numClients * 2 ** -33) / total + 1e-15;
      worst = Math.max(worst, Math.abs(value - expected) / allowed);
    }
  }
  if (updates.length !== numClients || !(worst <= 1)) {
    throw new Error(
      `bench federated: one round of ${updates.length} updates differs from the weighted mean by ${worst} times what rounding explains`,
    );
  }
}
