import { createPredictor, createRandom, createTrainer, loadKernels, paramsLayout, toDataset } from "edgeprop";
import { createDataSource, createOperator, createOrchestrator, takeTurn, trainTask } from "edgeprop/client";
import { allFilters, allRunSets, allStrategies, createRunSpec, simulate } from "edgeprop/federated";
import type { RunSpecInput } from "edgeprop/federated";
import { decodeParams } from "edgeprop/protocol";
import { afterAll, beforeAll, describe, it } from "vitest";
import { clip } from "../../examples/custom-filter/clip.ts";
import { int8 } from "../../examples/custom-filter/int8.ts";
import { fedadam } from "../../examples/custom-strategy/fed-adam.ts";
import { http, secrets } from "../support/processes/local.ts";
import { startOwnOrchestrator } from "../support/processes/own-orchestrator.ts";
import type { OwnOrchestrator } from "../support/processes/own-orchestrator.ts";
import { smallRun } from "../support/run.ts";

const sets = {
  ...allRunSets,
  strategies: { ...allStrategies, fedadam },
  filters: { ...allFilters, clip, int8 },
};
const layout = paramsLayout(smallRun.model);
const slicing = { pause: async () => {} };
const clients = ["a", "b"];
const token = secrets.adminToken;

const input: RunSpecInput = {
  ...smallRun,
  rounds: 3,
  strategy: { name: "fedadam", tau: 0.01 },
  filters: [{ name: "clip", maxNorm: 0.1 }, { name: "int8" }],
  roundTimeoutMs: 60_000,
};

function datasetOf(client: string) {
  const random = createRandom(client, "own-sets");
  const numExamples = client === "a" ? 6 : 10;
  return toDataset({
    inputs: Float32Array.from({ length: 3 * numExamples }, () => random.uniform()),
    targets: Int32Array.from({ length: numExamples }, () => random.below(2)),
    inputSize: 3,
  });
}

let orchestrator: OwnOrchestrator;
beforeAll(async () => {
  orchestrator = await startOwnOrchestrator();
});
afterAll(async () => orchestrator.dispose());

async function simulated(params: Float32Array): Promise<Float32Array[]> {
  const given = { kernels: loadKernels(), params, clients, sets };
  const rounds = simulate(createRunSpec(input, sets), {
    ...given,
    train: async (task, { client, params: start }) =>
      trainTask(createTrainer, task, { params: start, dataset: datasetOf(client), slicing }),
  });
  const closed: Float32Array[] = [];
  for await (const round of rounds) closed.push(round.params);
  return closed;
}

describe("a Worker with strategies and filters of a user's own", () => {
  it("gives the bytes of the simulation, also when its process ends between two rounds", async ({
    expect,
  }) => {
    const operator = () => createOperator({ url: orchestrator.url, token });
    const { run, joinToken, spec } = await operator().createRun(input);
    expect(spec).toEqual(createRunSpec(input, sets));
    await operator().act(run, "start");
    const join = async (name: string) =>
      createOrchestrator({ url: orchestrator.url, run }).join(joinToken, { name });
    const tokens = await Promise.all(clients.map(join));
    const paramsOf = async (round: number) => decodeParams(layout, await operator().params(run, round));
    const expected = await simulated(await paramsOf(1));
    for (const [index, params] of expected.entries()) {
      for (const joined of tokens) {
        const participant = {
          orchestrator: createOrchestrator({ url: orchestrator.url, run }),
          token: joined.token,
          data: createDataSource(datasetOf(joined.client)),
          createTrainer,
          createPredictor,
          loadKernels,
          slicing,
          sets,
        };
        const turn = await takeTurn(participant, { waitMs: 5_000 });
        expect(turn).toMatchObject({ outcome: "submitted", reply: { status: "accepted" } });
        // Between two updates too: what has been accepted, and the strategy's state, come from storage.
        orchestrator = await orchestrator.restart();
      }
      expect(await paramsOf(index + 2)).toEqual(params);
    }
  });

  it("fails the run, with the reason, when its strategy errs", async ({ expect }) => {
    const operator = createOperator({ url: orchestrator.url, token });
    const strategy = { name: "broken" };
    const { run, joinToken } = await operator.createRun({ ...input, strategy, cohortSize: 1, rounds: 1 });
    await operator.act(run, "start");
    const client = createOrchestrator({ url: orchestrator.url, run });
    const joined = await client.join(joinToken, { name: "a" });
    const data = createDataSource(datasetOf("a"));
    const participant = {
      orchestrator: client,
      token: joined.token,
      data,
      createTrainer,
      createPredictor,
      loadKernels,
      slicing,
      sets,
    };
    expect(await takeTurn(participant, { waitMs: 5_000 })).toMatchObject({ reply: { status: "accepted" } });
    const view = await http("GET", `${orchestrator.url}/v1/runs/${run}`, { token });
    expect(view.json()).toMatchObject({
      phase: "failed",
      reason: 'round 1: strategy "broken" gave params of 1 values; expected 8',
    });
  });

  it("refuses what its sets lack, naming what they have, when the run is created", async ({ expect }) => {
    const create = async (overrides: object) =>
      http("POST", `${orchestrator.url}/v1/runs`, { token, json: { ...smallRun, ...overrides } });
    for (const [overrides, detail] of [
      [
        { strategy: { name: "krum" } },
        'strategy.name is "krum"; expected one of "fedavg", "fedadam", "broken"',
      ],
      [
        { filters: [{ name: "mask" }] },
        'filters[0].name is "mask"; expected one of "float32", "clip", "int8"',
      ],
    ] as const) {
      const answer = await create(overrides);
      expect(answer.status).toBe(400);
      expect(answer.json()).toMatchObject({ code: "bad-option", detail });
    }
  });
});
