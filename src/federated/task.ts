import { createRandom } from "../data/index.ts";
import type { Loss, ModelSpec } from "../model/spec.ts";
import { lookup } from "./lookup.ts";
import type { ClientTraining, RunState } from "./types.ts";

/** What a client gets for a round: all it needs beside the params and its own data. */
export interface Task {
  readonly round: number;
  readonly model: ModelSpec;
  readonly loss: Loss;
  readonly training: ClientTraining;
  /** Seeds the order of the client's examples; a task taken again trains to the same bytes. */
  readonly seed: number;
  /** Milliseconds until the round's deadline. */
  readonly timeLeftMs: number;
}

export type TaskReply =
  | { readonly status: "task"; readonly task: Task }
  | { readonly status: "none" }
  | { readonly status: "over"; readonly phase: "finished" | "failed" };

/** The client's task now; none where it has submitted, is not invited, or the run is not running. */
export function taskFor(state: RunState, client: string, now: number): TaskReply {
  const { phase, current, spec } = state;
  if (phase === "finished" || phase === "failed") return { status: "over", phase };
  if (phase !== "running" || current?.phase !== "open") return { status: "none" };
  if (!current.cohort.includes(client) || lookup(current.updates, client) !== undefined)
    return { status: "none" };
  const task: Task = {
    round: current.round,
    model: spec.model,
    loss: spec.loss,
    training: spec.training,
    seed: createRandom(spec.seed, "task", current.round, client).uint32(),
    timeLeftMs: Math.max(0, current.deadline - now),
  };
  return { status: "task", task };
}
