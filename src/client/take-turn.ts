import type { Dataset } from "../data/index.ts";
import { paramsLayout } from "../model/index.ts";
import { decodeParams, encodeUpdate } from "../protocol/index.ts";
import type { UpdateReply } from "../protocol/index.ts";
import type { Orchestrator } from "./http-client.ts";
import { trainTask } from "./train-task.ts";
import type { CreateTrainer, Slicing } from "./train-task.ts";

export interface Participant {
  readonly orchestrator: Orchestrator;
  /** The client token of the run. */
  readonly token: string;
  readonly dataset: Dataset;
  readonly createTrainer: CreateTrainer;
  readonly slicing: Slicing;
}

export type Turn =
  | { readonly outcome: "idle" }
  | { readonly outcome: "over"; readonly phase: string }
  | { readonly outcome: "submitted"; readonly round: number; readonly reply: UpdateReply };

/**
 * One turn of a client: task, params, train, submit. Keeps nothing: a turn that was cut off anywhere is
 * taken again from the start, trains to the same bytes, and counts once.
 */
export async function takeTurn(
  { orchestrator, token, dataset, createTrainer, slicing }: Participant,
  { waitMs }: { readonly waitMs: number },
): Promise<Turn> {
  const task = await orchestrator.task(token, waitMs);
  if (task === null) return { outcome: "idle" };
  if ("status" in task) return { outcome: "over", phase: task.phase };
  const layout = paramsLayout(task.model);
  const params = decodeParams(layout, await orchestrator.params(token, task));
  const update = await trainTask(createTrainer, task, { params, dataset, slicing });
  const reply = await orchestrator.submit(token, task, encodeUpdate(layout, update));
  return { outcome: "submitted", round: task.round, reply };
}
