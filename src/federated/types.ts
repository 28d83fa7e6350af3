import type { Loss, ModelSpec } from "../model/spec.ts";
import type { Optimizer, UpdateRule } from "../training/options.ts";

/** Everything that fixes a run: two runs of the same RunSpec with the same clients give the same params. */
export interface RunSpec {
  readonly mode: "federated";
  readonly model: ModelSpec;
  readonly loss: Loss;
  readonly training: ClientTraining;
  readonly strategy: StrategySpec;
  /** Rounds until the run is finished. */
  readonly rounds: number;
  /** Updates that close a round. */
  readonly cohortSize: number;
  /** Invitations beyond cohortSize, against clients that do not answer. */
  readonly overselection: number;
  /** Updates that suffice at the deadline. */
  readonly minUpdates: number;
  readonly roundTimeoutMs: number;
  /** Times a round without minUpdates at its deadline is given roundTimeoutMs more, before the run pauses. */
  readonly maxExtensions: number;
  /** An update that claims more examples is rejected: a client's weight is its own word. */
  readonly maxExamples: number;
  readonly seed: number;
}

/** What a client does with a task. */
export interface ClientTraining {
  readonly rule: UpdateRule;
  readonly optimizer: Optimizer;
  readonly batchSize: number;
  readonly localEpochs: number;
}

/** FedAvg (McMahan et al. 2017): params += serverLearningRate x mean of the deltas, weighted by examples. */
export interface StrategySpec {
  readonly name: "fedavg";
  readonly serverLearningRate: number;
}

export type RunPhase = "created" | "running" | "paused" | "finished" | "failed";

export interface RunState {
  readonly spec: RunSpec;
  readonly phase: RunPhase;
  /** Why the run is paused or failed, where nobody asked for it. */
  readonly reason?: string;
  readonly clients: Readonly<Record<string, ClientRecord>>;
  /** The round in progress; null before the first and after the last. */
  readonly current: RoundState | null;
  /** Closed and failed rounds, in order. */
  readonly history: readonly RoundSummary[];
}

export interface ClientRecord {
  readonly joinedAt: number;
  readonly hasLeft: boolean;
  readonly backend: string;
}

export interface RoundState {
  /** From 1. */
  readonly round: number;
  readonly phase: "open" | "aggregating";
  /** Clients invited, sorted. */
  readonly cohort: readonly string[];
  /** Accepted updates by client. */
  readonly updates: Readonly<Record<string, UpdateRecord>>;
  readonly openedAt: number;
  readonly deadline: number;
  readonly extensions: number;
}

export interface UpdateRecord {
  readonly numExamples: number;
  /** Mean training loss the client reports. */
  readonly loss: number;
  readonly sizeBytes: number;
}

export interface RoundSummary {
  readonly round: number;
  readonly phase: "closed" | "failed";
  /** Clients whose update counted, sorted. */
  readonly clients: readonly string[];
  readonly numExamples: number;
  /** Mean of the clients' losses, weighted by examples; null without updates. */
  readonly loss: number | null;
  readonly bytesUp: number;
  readonly openedAt: number;
  readonly closedAt: number;
}

export type RunInput =
  | {
      readonly type: "client-joined";
      readonly client: string;
      readonly backend: string;
      readonly now: number;
    }
  | { readonly type: "client-left"; readonly client: string; readonly now: number }
  | { readonly type: "started"; readonly now: number }
  | { readonly type: "paused"; readonly now: number }
  | { readonly type: "stopped"; readonly now: number }
  | {
      readonly type: "update-received";
      readonly client: string;
      readonly round: number;
      readonly content: UpdateContent;
      readonly now: number;
    }
  | { readonly type: "clock"; readonly now: number }
  | { readonly type: "aggregated"; readonly round: number; readonly now: number };

/** What reading an update's bytes found: a record to count, or why it cannot count. */
export type UpdateContent =
  | { readonly isValid: true; readonly update: UpdateRecord }
  | { readonly isValid: false; readonly reason: string };

/** Refusals are values: none of these is exceptional. */
export type Reply =
  | { readonly status: "done" }
  | { readonly status: "accepted" }
  | { readonly status: "duplicate" }
  | { readonly status: "stale"; readonly currentRound: number | null }
  | { readonly status: "rejected"; readonly reason: string }
  | { readonly status: "refused"; readonly reason: string };

/** What a watcher of the run is told. */
export type RunEvent =
  | { readonly type: "run"; readonly phase: RunPhase; readonly reason?: string }
  | { readonly type: "clients"; readonly numClients: number }
  | { readonly type: "round-opened"; readonly round: number; readonly cohortSize: number }
  | { readonly type: "update"; readonly round: number; readonly updates: number; readonly cohortSize: number }
  | { readonly type: "round-extended"; readonly round: number; readonly reason: string }
  | { readonly type: "round-closed"; readonly summary: RoundSummary };

export interface Advanced {
  readonly state: RunState;
  readonly reply: Reply;
  readonly events: readonly RunEvent[];
}
