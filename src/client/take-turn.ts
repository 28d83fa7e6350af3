import { allRunSets, createUpdateCodec } from "../federated/index.ts";
import type { EvaluationResult, UpdateCodec } from "../federated/index.ts";
import { paramsLayout, toModel } from "../model/index.ts";
import { decodeParams } from "../protocol/index.ts";
import type { EvaluateTaskMessage, TaskMessage, TrainTaskMessage, UpdateReply } from "../protocol/index.ts";
import type { Participant } from "./participant.ts";
import { trainShard } from "./train-shard.ts";
import { trainTask } from "./train-task.ts";
import { withTrainer } from "./with-trainer.ts";

export type Turn =
  | { readonly outcome: "idle" }
  | { readonly outcome: "over"; readonly phase: string }
  | { readonly outcome: "submitted"; readonly round: number; readonly reply: UpdateReply }
  | {
      readonly outcome: "evaluated";
      readonly round: number;
      readonly result: EvaluationResult;
      readonly reply: UpdateReply;
    };

export interface TurnOptions {
  readonly waitMs: number;
  readonly onTask?: (task: TaskMessage) => void;
  /** Called while a task trains: `done` of the `total` examples that it visits have been used. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * One turn of a client: task, params, train or evaluate, submit. Keeps nothing: a turn that was cut off anywhere
 * is taken again from the start, trains to the same bytes, and counts once.
 *
 * @example
 * ```ts no-run
 * const orchestrator = createOrchestrator({ url: "http://127.0.0.1:8787", run: "r0123456789ab" });
 * const { token } = await orchestrator.join("the join token", {});
 * const participant = {
 *   orchestrator,
 *   token,
 *   data: createDataSource(dataset),
 *   createTrainer,
 *   createPredictor,
 *   loadKernels,
 *   slicing: { pause: async () => {} },
 * };
 * for (let outcome = ""; outcome !== "over"; ) ({ outcome } = await takeTurn(participant, { waitMs: 20_000 }));
 * ```
 */
export async function takeTurn(
  participant: Participant,
  { waitMs, onTask = () => {}, onProgress }: TurnOptions,
): Promise<Turn> {
  const task = await participant.orchestrator.task(participant.token, waitMs);
  if (task === null) return { outcome: "idle" };
  if ("status" in task) return { outcome: "over", phase: task.phase };
  onTask(task);
  return task.kind === "evaluate" ? evaluate(participant, task) : train(participant, task, onProgress);
}

async function train(
  participant: Participant,
  given: TrainTaskMessage,
  onProgress: TurnOptions["onProgress"],
): Promise<Turn> {
  const { orchestrator, token, sets = allRunSets } = participant;
  const model = toModel(given.model, sets);
  const task = { ...given, model };
  const layout = paramsLayout(model);
  const params = decodeParams(layout, await orchestrator.params(token, task));
  const update =
    task.shard === undefined
      ? await trainOwnData(participant, task, {
          params,
          onProgress,
          codec: createUpdateCodec(task.filters, { layout, set: sets.filters }),
        })
      : await trainShard(participant, task, { shard: task.shard, params });
  const reply = await orchestrator.submit(token, task, update);
  return { outcome: "submitted", round: task.round, reply };
}

/** The bytes of the update. */
async function trainOwnData(
  { data, createTrainer, slicing }: Participant,
  task: TrainTaskMessage,
  { params, onProgress, codec }: OwnTraining,
): Promise<Uint8Array> {
  const dataset = await data.all();
  const update = await trainTask(createTrainer, task, { params, dataset, slicing, onProgress });
  return codec.encode(update, task.seed);
}

interface OwnTraining {
  readonly params: Float32Array;
  readonly onProgress: TurnOptions["onProgress"];
  readonly codec: UpdateCodec;
}

const evaluationBatchSize = 100;

async function evaluate(
  { orchestrator, token, data, createPredictor, sets = allRunSets }: Participant,
  task: EvaluateTaskMessage,
): Promise<Turn> {
  const { loss, round } = task;
  const model = toModel(task.model, sets);
  const params = decodeParams(paramsLayout(model), await orchestrator.params(token, task));
  const options = { loss, batchSize: evaluationBatchSize, params };
  const {
    loss: meanLoss,
    accuracy,
    numExamples,
  } = await withTrainer(createPredictor(model, options), async (predictor) =>
    predictor.evaluate(await data.all()),
  );
  const result = { loss: meanLoss, numExamples, ...(accuracy === undefined ? {} : { accuracy }) };
  const reply = await orchestrator.report(token, task, result);
  return { outcome: "evaluated", round, result, reply };
}
