import { createRandom } from "../../data/index.ts";
import { lookup } from "./lookup.ts";
import { unchanged } from "./replies.ts";
import type { Advanced, RunInputOf, TaskReply, TrainTask } from "../inputs.ts";
import type { Lease, RoundState, RunState } from "../types.ts";

/**
 * The client's task now. A federated task is the client's own: asking changes nothing. Shards and evaluations
 * are anybody's: who asks gets a lease, and when its time is over another may take the task; the first result counts.
 */
export function takeTask(
  state: RunState,
  { client, now }: RunInputOf<"task-requested">,
): Advanced<TaskReply> {
  const heavy = takeEvaluation(state, { client, now });
  if (heavy !== null) return heavy;
  const { phase, current } = state;
  if (phase === "finished" || phase === "failed") {
    // Another holds the lease of an evaluation this client could do: it may yet be needed.
    return unchanged(state, isEvaluationLeft(state, client) ? { status: "none" } : { status: "over", phase });
  }
  if (phase !== "running" || current?.phase !== "open") return unchanged(state, { status: "none" });
  return current.shards.length > 0
    ? takeShard(state, current, { client, now })
    : unchanged(state, ownTask(state, current, { client, now }));
}

/**
 * When the run next needs `clock` though nobody calls; null while nothing is due.
 *
 * @example
 * ```ts
 * const training = { rule: backprop(), optimizer: sgd({ learningRate: 0.1 }), batchSize: 2, localEpochs: 1 };
 * const spec = createRunSpec({ model, loss: "softmaxCrossEntropy", training, rounds: 3, cohortSize: 2 });
 * console.log(nextDeadline(createRunState(spec), Date.now())); // null
 * ```
 */
export function nextDeadline(state: RunState, now: number): number | null {
  const leases = state.evaluations.filter(({ result }) => result === null).map(({ lease }) => lease);
  const due: number[] = [];
  if (state.phase === "running" && state.current?.phase === "open") {
    const { deadline, shards, updates } = state.current;
    due.push(deadline);
    leases.push(
      ...shards.filter((_, index) => lookup(updates, String(index)) === undefined).map(({ lease }) => lease),
    );
  }
  due.push(...leases.flatMap((lease) => (lease !== null && lease.until > now ? [lease.until] : [])));
  return due.length === 0 ? null : Math.min(...due);
}

interface Asking {
  readonly client: string;
  readonly now: number;
}

/** Free, the client's own, or held for too long by another. */
function isFor(lease: Lease | null, { client, now }: Asking): boolean {
  return lease === null || lease.client === client || lease.until <= now;
}

function isEvaluationLeft({ spec, clients, evaluations }: RunState, client: string): boolean {
  const backend = spec.evaluation?.requires.backend;
  if (backend !== undefined && lookup(clients, client)?.backend !== backend) return false;
  return evaluations.some(({ result }) => result === null);
}

function takeEvaluation(state: RunState, { client, now }: Asking): Advanced<TaskReply> | null {
  const { spec, evaluations } = state;
  if (!isEvaluationLeft(state, client)) return null;
  // The newest first: it is what people wait for, and the older ones stay.
  const evaluation = evaluations.findLast(
    ({ result, lease }) => result === null && isFor(lease, { client, now }),
  );
  if (evaluation === undefined) return null;
  const lease = { client, until: now + spec.leaseMs };
  const { round } = evaluation;
  return {
    state: {
      ...state,
      evaluations: evaluations.map((other) => (other === evaluation ? { ...other, lease } : other)),
    },
    reply: {
      status: "task",
      task: { kind: "evaluate", round, model: spec.model, loss: spec.loss, timeLeftMs: spec.leaseMs },
    },
    events: [],
  };
}

function ownTask(state: RunState, current: RoundState, { client, now }: Asking): TaskReply {
  if (!current.cohort.includes(client) || lookup(current.updates, client) !== undefined)
    return { status: "none" };
  return {
    status: "task",
    task: trainTask(state, current, { part: client, timeLeftMs: current.deadline - now }),
  };
}

function takeShard(state: RunState, current: RoundState, asking: Asking): Advanced<TaskReply> {
  const { spec } = state;
  const isOpen = (index: number): boolean => lookup(current.updates, String(index)) === undefined;
  const own = current.shards.findIndex(
    ({ lease }, index) => isOpen(index) && lease?.client === asking.client,
  );
  const index =
    own >= 0 ? own : current.shards.findIndex(({ lease }, i) => isOpen(i) && isFor(lease, asking));
  const shard = current.shards[index];
  if (shard === undefined || spec.minibatch === undefined) return unchanged(state, { status: "none" });
  const lease = { client: asking.client, until: asking.now + spec.leaseMs };
  const shards = current.shards.map((other) => (other === shard ? { ...other, lease } : other));
  const { begin, end } = shard;
  const task: TrainTask = {
    // The seed is the shard's, not the client's: who computes it changes no byte.
    ...trainTask(state, current, { part: String(index), timeLeftMs: spec.leaseMs }),
    shard: { index, begin, end, exchange: spec.minibatch.exchange },
  };
  return {
    state: { ...state, current: { ...current, shards } },
    reply: { status: "task", task },
    events: [],
  };
}

function trainTask(
  { spec }: RunState,
  { round }: RoundState,
  { part, timeLeftMs }: { readonly part: string; readonly timeLeftMs: number },
): TrainTask {
  return {
    kind: "train",
    round,
    model: spec.model,
    loss: spec.loss,
    training: spec.training,
    ...(spec.filters === undefined ? {} : { filters: spec.filters }),
    seed: createRandom(spec.seed, "task", round, part).uint32(),
    timeLeftMs: Math.max(0, timeLeftMs),
  };
}
