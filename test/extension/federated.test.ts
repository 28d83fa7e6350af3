import {
  backprop,
  createPredictor,
  createTrainer,
  loadKernels,
  paramsLayout,
  parseModelSpec,
} from "edgeprop";
import { createDataSource, createOperator, createOrchestrator, takeTurn, trainTask } from "edgeprop/client";
import type { Participant } from "edgeprop/client";
import { createRunSpec, simulate } from "edgeprop/federated";
import type { RunSpecInput } from "edgeprop/federated";
import { decodeParams } from "edgeprop/protocol";
import { afterAll, beforeAll, describe, it } from "vitest";
import { secrets } from "../support/processes/local.ts";
import { startOwnOrchestrator } from "../support/processes/own-orchestrator.ts";
import type { OwnOrchestrator } from "../support/processes/own-orchestrator.ts";
import { createExamples, json, model, options } from "./program.ts";
import { sets } from "./sets.ts";

const { loss, rule, optimizer, batchSize } = options;
const layout = paramsLayout(model);
const slicing = { pause: async () => {} };
const clients = ["a", "b"];
const token = secrets.adminToken;

/** As JSON: no spec knows its type. */
const input: RunSpecInput = {
  model: json,
  loss,
  training: { rule, optimizer, batchSize, localEpochs: 2 },
  rounds: 3,
  cohortSize: 2,
  seed: 7,
  strategy: { name: "fedadam", tau: 0.01 },
  filters: [{ name: "clip", maxNorm: 0.5 }, { name: "int8" }],
  roundTimeoutMs: 60_000,
};

const datasetOf = (client: string) => createExamples(client, client === "a" ? 12 : 21);

/** The params after each round. */
async function simulated(given: RunSpecInput, params: Float32Array): Promise<Float32Array[]> {
  const rounds = simulate(createRunSpec(given, sets), {
    kernels: loadKernels(),
    params,
    clients,
    sets,
    train: async (task, { client, params: start }) =>
      trainTask(createTrainer, task, { params: start, dataset: datasetOf(client), slicing }),
  });
  const closed: Float32Array[] = [];
  for await (const round of rounds) closed.push(round.params);
  return closed;
}

describe("in a simulation", () => {
  it("every part counts: without it the bytes are others", async ({ expect }) => {
    const params = await (await createTrainer(model, options)).getParams();
    const { strategy: _, ...withoutStrategy } = input;
    const plain = {
      model: parseModelSpec(
        {
          ...json,
          layers: json.layers.map((layer) => ({
            ...layer,
            ...(layer.type === "dense" ? { activation: "tanh" } : {}),
          })),
        },
        { sets },
      ),
    };
    const sharper = {
      model: parseModelSpec(
        {
          ...json,
          layers: json.layers.map((layer) => ({
            ...layer,
            ...(layer.type === "softClip" ? { sharpness: 3 } : {}),
          })),
        },
        { sets },
      ),
    };
    const runs = [
      input,
      { ...input, ...plain },
      { ...input, ...sharper },
      { ...input, loss: "softmaxCrossEntropy" },
      { ...input, training: { ...input.training, rule: { name: "backprop" } } },
      { ...input, training: { ...input.training, optimizer: { ...optimizer, beta1: 0 } } },
      withoutStrategy,
      { ...input, filters: [{ name: "clip", maxNorm: 0.5 }] },
      { ...input, filters: [{ name: "int8" }] },
    ];
    const ends = [];
    for (const run of runs) ends.push((await simulated(run, params)).at(-1));
    expect(new Set(ends.map(String)).size).toBe(runs.length);
    expect((await simulated(input, params)).at(-1)).toEqual(ends[0]);
  });
});

describe("over HTTP", () => {
  let orchestrator: OwnOrchestrator;
  beforeAll(async () => {
    orchestrator = await startOwnOrchestrator("test/extension/worker");
  }, 60_000);
  afterAll(async () => orchestrator.dispose());

  async function join(run: string, joinToken: string, name: string): Promise<Participant> {
    const place = createOrchestrator({ url: orchestrator.url, run });
    const joined = await place.join(joinToken, { name });
    return {
      orchestrator: place,
      token: joined.token,
      data: createDataSource(datasetOf(joined.client)),
      createTrainer,
      createPredictor,
      loadKernels,
      slicing,
      sets,
    };
  }

  it("a Worker with its sets gives the bytes of the simulation", { timeout: 60_000 }, async ({ expect }) => {
    const operator = createOperator({ url: orchestrator.url, token });
    const { run, joinToken, spec } = await operator.createRun(input);
    expect(spec).toEqual(createRunSpec(input, sets));
    await operator.act(run, "start");
    const paramsOf = async (round: number) => decodeParams(layout, await operator.params(run, round));
    const expected = await simulated(input, await paramsOf(1));
    const participants = [];
    for (const name of clients) participants.push(await join(run, joinToken, name));
    for (const [index, params] of expected.entries()) {
      for (const participant of participants) {
        const turn = await takeTurn(participant, { waitMs: 5_000 });
        expect(turn).toMatchObject({ outcome: "submitted", reply: { status: "accepted" } });
      }
      expect(await paramsOf(index + 2)).toEqual(params);
    }
  });

  it(
    "a Worker steps its optimizer as a trainer does, and its loss is evaluated",
    { timeout: 60_000 },
    async ({ expect }) => {
      const numExamples = 12;
      const operator = createOperator({ url: orchestrator.url, token });
      const { run, joinToken } = await operator.createRun({
        model: json,
        loss,
        training: { rule: backprop(), optimizer, batchSize: numExamples, localEpochs: 1 },
        mode: "minibatch",
        minibatch: { exchange: "direction", numExamples },
        evaluation: { everyRounds: 1, requires: {} },
        rounds: 3,
        cohortSize: 1,
        roundTimeoutMs: 60_000,
      });
      await operator.act(run, "start");
      const participant = await join(run, joinToken, "a");
      const paramsOf = async (round: number) => decodeParams(layout, await operator.params(run, round));
      const { inputs, targets } = datasetOf("a");
      const trainer = await createTrainer(model, {
        ...options,
        rule: backprop(),
        batchSize: numExamples,
        params: await paramsOf(1),
      });
      for (let round = 1; round <= 3; round++) {
        expect(await takeTurn(participant, { waitMs: 5_000 })).toMatchObject({
          outcome: "submitted",
          reply: { status: "accepted" },
        });
        await trainer.step({ inputs: Float32Array.from(inputs), targets: Int32Array.from(targets) });
        const [found, expected] = [await paramsOf(round + 1), await trainer.getParams()];
        const worst = Math.max(...found.map((value, i) => Math.abs(value - (expected[i] ?? Number.NaN))));
        // The direction is summed in fixed point of 2^-32; a step divides it by its own size.
        expect(worst, `round ${round}`).toBeLessThan(1e-5);
        const evaluated = await takeTurn(participant, { waitMs: 5_000 });
        expect(evaluated).toMatchObject({ outcome: "evaluated", round });
        const own = await trainer.evaluate(datasetOf("a"));
        expect(evaluated.outcome === "evaluated" && evaluated.result.loss).toBeCloseTo(own.loss, 4);
      }
      expect(await takeTurn(participant, { waitMs: 5_000 })).toMatchObject({ outcome: "over" });
    },
  );
});
