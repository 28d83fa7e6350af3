import type { OptimizerSpec } from "../kinds/optimizer-type.ts";
import type { RuleSpec } from "../kinds/rule-type.ts";
import type { ModelSpec } from "../model/index.ts";
import type { Loss } from "../training/index.ts";
import type { FilterSpec } from "./filters/update-filter.ts";
import type { StrategySpec } from "./strategies/strategy.ts";

/** Everything that fixes a run: two runs of the same RunSpec with the same clients give the same params. */
export interface RunSpec {
  readonly mode: "federated" | "minibatch";
  /** In `minibatch` mode alone. */
  readonly minibatch?: Minibatch;
  /** Central evaluation of the global model, a task of its own; none where absent. */
  readonly evaluation?: EvaluationSpec;
  readonly model: ModelSpec;
  readonly loss: Loss;
  readonly training: ClientTraining;
  readonly strategy: StrategySpec;
  /** What happens to updates on their way; absent where they are sent as they are, in float32. */
  readonly filters?: readonly FilterSpec[];
  /** Rounds until the run is finished. */
  readonly rounds: number;
  /** Updates that close a round. */
  readonly cohortSize: number;
  /** Invitations beyond cohortSize, against clients that do not answer. */
  readonly overselection: number;
  /** Updates that suffice at the deadline. */
  readonly minUpdates: number;
  readonly roundTimeoutMs: number;
  /** How long a client may hold a shard or an evaluation before another may take it. */
  readonly leaseMs: number;
  /** Times a round without minUpdates at its deadline is given roundTimeoutMs more, before the run pauses. */
  readonly maxExtensions: number;
  /** An update that claims more examples is rejected: a client's weight is its own word. */
  readonly maxExamples: number;
  readonly seed: number;
}

/**
 * The data is where every client can read it, in an order fixed beforehand; a round is one optimizer step of
 * training.batchSize consecutive examples, cut into cohortSize shards; training.optimizer runs on the server.
 */
interface Minibatch {
  /** direction: the mean of the shards' directions. statistics: the exact step of the whole batch. */
  readonly exchange: Exchange;
  /** How many the whole dataset has; an epoch has as many whole batches as fit. */
  readonly numExamples: number;
}

export type Exchange = "direction" | "statistics";

interface EvaluationSpec {
  /** After every so many rounds, and after the last. */
  readonly everyRounds: number;
  readonly requires: Requirements;
}

/** What a task asks of the client that takes it. */
interface Requirements {
  readonly backend?: string;
}

/** What a client does with a task. */
export interface ClientTraining {
  readonly rule: RuleSpec;
  readonly optimizer: OptimizerSpec;
  readonly batchSize: number;
  readonly localEpochs: number;
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
  /** Evaluations asked for so far, in order. */
  readonly evaluations: readonly EvaluationState[];
}

/** A task in the hands of a client, until it is done or the time is over. */
export interface Lease {
  readonly client: string;
  readonly until: number;
}

export interface EvaluationState {
  /** The closed round whose model is evaluated. */
  readonly round: number;
  readonly lease: Lease | null;
  readonly result: (EvaluationResult & { readonly client: string }) | null;
}

export interface EvaluationResult {
  readonly loss: number;
  readonly accuracy?: number;
  readonly numExamples: number;
}

/** Examples [begin, end) of the dataset. */
export interface Shard {
  readonly begin: number;
  readonly end: number;
  readonly lease: Lease | null;
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
  /** Clients invited, sorted; in `minibatch` mode everybody is, and this is empty. */
  readonly cohort: readonly string[];
  /** In `minibatch` mode the parts of the batch, else empty. */
  readonly shards: readonly Shard[];
  /** Accepted updates by part: the client's name, or the shard's number. */
  readonly updates: Readonly<Record<string, UpdateRecord>>;
  readonly openedAt: number;
  readonly deadline: number;
  readonly extensions: number;
}

export interface UpdateRecord {
  readonly client: string;
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
  /** Updates that counted. */
  readonly updates: number;
  readonly numExamples: number;
  /** Mean of the clients' losses, weighted by examples; null without updates. */
  readonly loss: number | null;
  readonly bytesUp: number;
  /** Bytes of params sent to clients in this round, as counted since the run's object last started. */
  readonly bytesDown: number;
  readonly openedAt: number;
  readonly closedAt: number;
}
