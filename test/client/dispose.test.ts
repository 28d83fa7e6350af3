import { createPredictor, createTrainer, loadKernels, paramsLayout, toDataset } from "edgeprop";
import { createDataSource, takeTurn, trainTask } from "edgeprop/client";
import type { Orchestrator, Participant } from "edgeprop/client";
import type { Predictor } from "edgeprop";
import { encodeParams } from "edgeprop/protocol";
import type { TaskMessage, TrainTaskMessage } from "edgeprop/protocol";
import { describe, it } from "vitest";
import { trainShard } from "../../src/client/train-shard.ts";
import { smallRun } from "../support/run.ts";

const { model, loss, training } = smallRun;
const params = new Float32Array(8);
const dataset = toDataset({ inputs: new Float32Array(12), targets: Int32Array.of(0, 1, 0, 1), inputSize: 3 });
const slicing = { pause: async () => {} };
const task: TrainTaskMessage = {
  kind: "train",
  round: 1,
  model,
  loss,
  training,
  seed: 1,
  timeLeftMs: 1000,
  paramsPath: "/params",
  updatePath: "/update",
};

type Create = Pick<Participant, "createTrainer" | "createPredictor">;

/** Real trainers and predictors whose disposal is counted, and whose method `failing` fails. */
function countTrainers(failing: "train" | "direction" | "evaluate" | null = null) {
  const counts = { created: 0, disposed: 0 };
  const counted = <T extends Predictor>(made: T): T => {
    counts.created += 1;
    const dispose = async () => {
      counts.disposed += 1;
    };
    const failure = async (): Promise<never> => {
      throw new Error("the trainer fails");
    };
    return Object.assign(made, { dispose }, failing === null ? {} : { [failing]: failure });
  };
  const create: Create = {
    createTrainer: async (spec, options) => counted(await createTrainer(spec, options)),
    createPredictor: async (spec, options) => counted(await createPredictor(spec, options)),
  };
  return { counts, create };
}

function participant(create: Create, given: TaskMessage): Participant {
  const orchestrator: Orchestrator = {
    join: async () => ({ client: "c", token: "t" }),
    task: async () => given,
    params: async () => encodeParams(paramsLayout(model), params),
    submit: async () => ({ status: "accepted" }),
    report: async () => ({ status: "accepted" }),
  };
  return {
    orchestrator,
    token: "t",
    data: createDataSource(dataset),
    ...create,
    loadKernels,
    slicing,
  };
}

const shard = { index: 0, begin: 0, end: 4, exchange: "direction" } as const;
const evaluation = {
  kind: "evaluate",
  round: 1,
  model,
  loss,
  timeLeftMs: 1,
  paramsPath: "/params",
  resultPath: "/r",
} as const;

describe("a client gives its trainer back", () => {
  it.for([
    [
      "trainTask",
      "train",
      async ({ createTrainer: create }: Create) => trainTask(create, task, { params, dataset, slicing }),
    ],
    [
      "a turn that trains",
      "train",
      async (create: Create) => takeTurn(participant(create, task), { waitMs: 0 }),
    ],
    [
      "trainShard",
      "direction",
      async (create: Create) => trainShard(participant(create, task), task, { shard, params }),
    ],
    [
      "a turn that evaluates",
      "evaluate",
      async (create: Create) => takeTurn(participant(create, evaluation), { waitMs: 0 }),
    ],
  ] as const)("after %s, also when it fails", async ([, method, use], { expect }) => {
    const fine = countTrainers();
    await use(fine.create);
    expect(fine.counts).toEqual({ created: 1, disposed: 1 });
    const failing = countTrainers(method);
    await expect(use(failing.create)).rejects.toThrow("the trainer fails");
    expect(failing.counts).toEqual({ created: 1, disposed: 1 });
  });
});
