import type { ErrorCode } from "../errors.ts";
import type {
  EvaluateTask,
  EvaluationResult,
  RoundSummary,
  RunEvent,
  RunPhase,
  RunSpec,
  RunSpecInput,
  TrainTask,
} from "../federated/index.ts";

export type CreateRunRequest = RunSpecInput;

/** A run as the orchestrator shows it. */
export interface RunView {
  readonly run: string;
  readonly phase: RunPhase;
  readonly reason?: string;
  readonly spec: RunSpec;
  /** Clients that have joined and not left. */
  readonly numClients: number;
  /** The round in progress; null before the first and after the last. */
  readonly current: {
    readonly round: number;
    readonly cohort: readonly string[];
    readonly updates: number;
  } | null;
  readonly history: readonly RoundSummary[];
  readonly evaluations: readonly EvaluationReport[];
}

/** An evaluation of the model after `round`: waiting for a client that can do it, in one's hands, or done. */
export interface EvaluationReport {
  readonly round: number;
  readonly phase: "waiting" | "leased" | "done";
  readonly requires: { readonly backend?: string };
  readonly client?: string;
  readonly result?: EvaluationResult;
}

export interface CreateRunResponse extends RunView {
  /** Lets clients join this run until it expires. */
  readonly joinToken: string;
}

export interface JoinTokenResponse {
  readonly joinToken: string;
  readonly expiresAt: string;
}

export interface JoinRequest {
  /** The client's id in this run; drawn by the orchestrator where absent. */
  readonly name?: string;
  /** A secret of the client's own: who joins again with the same name and secret is the same client. */
  readonly secret?: string;
  readonly backend?: string;
}

export interface JoinResponse {
  readonly client: string;
  /** For the requests of this client in this run alone. */
  readonly token: string;
}

export type TaskMessage = TrainTaskMessage | EvaluateTaskMessage;

export interface TrainTaskMessage extends TrainTask {
  /** Path to GET the params from. */
  readonly paramsPath: string;
  /** Path to PUT the update to. */
  readonly updatePath: string;
}

export interface EvaluateTaskMessage extends EvaluateTask {
  /** Path to GET the params from. */
  readonly paramsPath: string;
  /** Path to PUT the EvaluationResult to, as JSON. */
  readonly resultPath: string;
}

/** 200 with a task; 204 + Retry-After without; 410 with this once the run is over. */
export interface RunOver {
  readonly status: "over";
  readonly phase: "finished" | "failed";
}

export type UpdateReply =
  | { readonly status: "accepted" }
  | { readonly status: "duplicate" }
  | { readonly status: "stale"; readonly currentRound: number | null }
  | { readonly status: "rejected"; readonly reason: string };

/** Events of `GET /v1/runs/:run/events`; a closed round's id is its number, for Last-Event-ID. */
export type RunMessage = RunEvent;

/** RFC 9457 problem details. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
}

/** What a client id or name may look like: it stands in paths and file names. */
export const clientNamePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
