import type { ModelSpec } from "../model/index.ts";
import type { Loss } from "../training/index.ts";
import type { FilterSpec } from "./filters/update-filter.ts";
import type {
  ClientTraining,
  EvaluationResult,
  Exchange,
  RoundSummary,
  RunPhase,
  RunState,
  UpdateRecord,
} from "./types.ts";

/** What can happen to a run, by its type; `now` in milliseconds. */
interface RunInputs {
  readonly "client-joined": { readonly client: string; readonly backend: string; readonly now: number };
  readonly "client-left": { readonly client: string; readonly now: number };
  readonly started: { readonly now: number };
  readonly paused: { readonly now: number };
  readonly stopped: { readonly now: number };
  readonly "task-requested": { readonly client: string; readonly now: number };
  readonly "update-received": {
    readonly client: string;
    readonly round: number;
    /** In `minibatch` mode the number of the shard. */
    readonly shard?: number;
    readonly content: UpdateContent;
    readonly now: number;
  };
  readonly "evaluation-received": {
    readonly client: string;
    readonly round: number;
    readonly result: EvaluationResult;
    readonly now: number;
  };
  readonly clock: { readonly now: number };
  readonly aggregated: { readonly round: number; readonly bytesDown: number; readonly now: number };
  readonly "aggregation-failed": { readonly reason: string; readonly now: number };
}

export type RunInputType = keyof RunInputs;
export type RunInputOf<T extends RunInputType> = { [P in T]: { readonly type: P } & RunInputs[P] }[T];
export type RunInput = RunInputOf<RunInputType>;

/** What reading an update's bytes found: a record to count, or why it cannot count. */
export type UpdateContent =
  | { readonly isValid: true; readonly update: Omit<UpdateRecord, "client"> }
  | { readonly isValid: false; readonly reason: string };

/** What each input is answered with. Refusals are values: none of these is exceptional. */
interface Replies {
  readonly "client-joined": ActionReply;
  readonly "client-left": ActionReply;
  readonly started: ActionReply;
  readonly paused: ActionReply;
  readonly stopped: Done;
  readonly "task-requested": TaskReply;
  readonly "update-received": SubmitReply;
  readonly "evaluation-received": ReportReply;
  readonly clock: Done;
  readonly aggregated: ActionReply;
  readonly "aggregation-failed": Done;
}

export type ReplyOf<T extends RunInputType> = Replies[T];
export type Reply = ReplyOf<RunInputType>;

interface Done {
  readonly status: "done";
}

export type ActionReply = Done | { readonly status: "refused"; readonly reason: string };

export type TaskReply =
  | { readonly status: "task"; readonly task: Task }
  | { readonly status: "none" }
  | { readonly status: "over"; readonly phase: "finished" | "failed" };

interface Duplicate {
  readonly status: "duplicate";
}

interface Rejected {
  readonly status: "rejected";
  readonly reason: string;
}

export type SubmitReply =
  /** `part`: under which the update is to be stored, as `updates` of the round names it. */
  | { readonly status: "accepted"; readonly part: string }
  | { readonly status: "stale"; readonly currentRound: number | null }
  | Duplicate
  | Rejected;

export type ReportReply = { readonly status: "accepted" } | Duplicate | Rejected;

/** The state after an input, its answer, and what watchers are told. */
export interface Advanced<R extends Reply = Reply> {
  readonly state: RunState;
  readonly reply: R;
  readonly events: readonly RunEvent[];
}

/** What a client is to do next. */
export type Task = TrainTask | EvaluateTask;

export interface TrainTask {
  readonly kind: "train";
  readonly round: number;
  readonly model: ModelSpec;
  readonly loss: Loss;
  readonly training: ClientTraining;
  /** The run's; absent where the update is sent as it is, in float32. */
  readonly filters?: readonly FilterSpec[];
  /** Seeds the order of the client's examples; a task taken again trains to the same bytes. */
  readonly seed: number;
  /** Milliseconds until the round's deadline, or the lease's end. */
  readonly timeLeftMs: number;
  /** In `minibatch` mode: which part of the batch, and what of it is sent. */
  readonly shard?: ShardTask;
}

export interface ShardTask {
  readonly index: number;
  readonly begin: number;
  readonly end: number;
  readonly exchange: Exchange;
}

/** The loss and accuracy of the model after `round` on the client's data. */
export interface EvaluateTask {
  readonly kind: "evaluate";
  readonly round: number;
  readonly model: ModelSpec;
  readonly loss: Loss;
  readonly timeLeftMs: number;
}

/** What a watcher of the run is told. */
export type RunEvent =
  | { readonly type: "run"; readonly phase: RunPhase; readonly reason?: string }
  | { readonly type: "clients"; readonly numClients: number }
  | { readonly type: "round-opened"; readonly round: number; readonly cohortSize: number }
  | { readonly type: "update"; readonly round: number; readonly updates: number; readonly cohortSize: number }
  | { readonly type: "evaluated"; readonly round: number; readonly result: EvaluationResult }
  | { readonly type: "round-extended"; readonly round: number; readonly reason: string }
  | { readonly type: "round-closed"; readonly summary: RoundSummary };
