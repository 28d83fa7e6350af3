import type { ActionReply, Advanced, ReplyOf, RunEvent, RunInputOf, RunInputType } from "./inputs.ts";
import { availableClients } from "./reducer/cohort.ts";
import { receiveEvaluation } from "./reducer/evaluations.ts";
import { lookup } from "./reducer/lookup.ts";
import { unchanged } from "./reducer/replies.ts";
import { receiveAggregated, settle, summarize } from "./reducer/rounds.ts";
import { takeTask } from "./reducer/tasks.ts";
import { receiveUpdate } from "./reducer/updates.ts";
import type { RunSpec, RunState } from "./types.ts";

/**
 * A run as it is before anything has happened.
 *
 * @example
 * ```ts
 * const training = { rule: backprop(), optimizer: sgd({ learningRate: 0.1 }), batchSize: 2, localEpochs: 1 };
 * const spec = createRunSpec({ model, loss: "softmaxCrossEntropy", training, rounds: 3, cohortSize: 2 });
 * const state = createRunState(spec);
 * ```
 */
export function createRunState(spec: RunSpec): RunState {
  return { spec, phase: "created", clients: {}, current: null, history: [], evaluations: [] };
}

type Handlers = {
  readonly [T in RunInputType]: (state: RunState, input: RunInputOf<T>) => Advanced<ReplyOf<T>>;
};

const handlers: Handlers = {
  "client-joined": join,
  "client-left": leave,
  started: start,
  paused: pause,
  stopped: stop,
  "task-requested": takeTask,
  "update-received": receiveUpdate,
  "evaluation-received": receiveEvaluation,
  clock: (state, { now }) => settle({ state, reply: { status: "done" }, events: [] }, now),
  aggregated: receiveAggregated,
  "aggregation-failed": failRun,
};

/**
 * What happens now: a pure function, the only place with policy about rounds; what can be answered follows from the
 * input's type. The caller saves the state before it answers; when the round is `aggregating` it closes it by
 * `createRoundCloser`, saves the new params and hands in `aggregated`.
 *
 * @example
 * ```ts
 * const training = { rule: backprop(), optimizer: sgd({ learningRate: 0.1 }), batchSize: 2, localEpochs: 1 };
 * const spec = createRunSpec({ model, loss: "softmaxCrossEntropy", training, rounds: 3, cohortSize: 2 });
 * const { state } = advance(createRunState(spec), { type: "started", now: Date.now() });
 * console.log(state.phase); // running
 * ```
 */
export function advance<T extends RunInputType>(state: RunState, input: RunInputOf<T>): Advanced<ReplyOf<T>> {
  return handlers[input.type](state, input);
}

function isOver(state: RunState): boolean {
  return state.phase === "finished" || state.phase === "failed";
}

/** Joining again changes nothing but brings a client that had left back. A run that is over still has its evaluations. */
function join(state: RunState, { client, backend, now }: RunInputOf<"client-joined">): Advanced<ActionReply> {
  if (isOver(state) && state.evaluations.every(({ result }) => result !== null)) {
    return unchanged(state, { status: "refused", reason: `the run is ${state.phase}` });
  }
  const known = lookup(state.clients, client);
  if (known !== undefined && !known.hasLeft && known.backend === backend) {
    return unchanged(state, { status: "done" });
  }
  const record = { joinedAt: known?.joinedAt ?? now, hasLeft: false, backend };
  const joined = { ...state, clients: { ...state.clients, [client]: record } };
  const events: RunEvent[] = [{ type: "clients", numClients: availableClients(joined).length }];
  return settle({ state: joined, reply: { status: "done" }, events }, now);
}

/** An update that the client has submitted stays; it is only not waited for or invited any more. */
function leave(state: RunState, { client, now }: RunInputOf<"client-left">): Advanced<ActionReply> {
  const known = lookup(state.clients, client);
  if (known === undefined) {
    return unchanged(state, { status: "refused", reason: `no client "${client}" has joined` });
  }
  const left = { ...state, clients: { ...state.clients, [client]: { ...known, hasLeft: true } } };
  const events: RunEvent[] = [{ type: "clients", numClients: availableClients(left).length }];
  return settle({ state: left, reply: { status: "done" }, events }, now);
}

function start(state: RunState, { now }: RunInputOf<"started">): Advanced<ActionReply> {
  if (isOver(state)) return unchanged(state, { status: "refused", reason: `the run is ${state.phase}` });
  if (state.phase === "running") return unchanged(state, { status: "done" });
  const { reason: _, ...rest } = state;
  const current = state.current && { ...state.current, deadline: now + state.spec.roundTimeoutMs };
  const started: RunState = { ...rest, current, phase: "running" };
  return settle(
    { state: started, reply: { status: "done" }, events: [{ type: "run", phase: "running" }] },
    now,
  );
}

/** The open round stays open and goes on accepting updates; it closes after the next start. */
function pause(state: RunState): Advanced<ActionReply> {
  if (state.phase === "paused") return unchanged(state, { status: "done" });
  if (state.phase !== "running") {
    const reason = `the run is ${state.phase}; only a running one can be paused`;
    return unchanged(state, { status: "refused", reason });
  }
  return {
    state: { ...state, phase: "paused" },
    reply: { status: "done" },
    events: [{ type: "run", phase: "paused" }],
  };
}

/** Ends the run with the params of the last closed round; the open round fails. */
function stop(state: RunState, { now }: RunInputOf<"stopped">): Advanced<ReplyOf<"stopped">> {
  return isOver(state) ? unchanged(state, { status: "done" }) : end(state, { phase: "finished", now });
}

/** Params that are not finite numbers do not get better by waiting: the run keeps those of the last closed round. */
function failRun(
  state: RunState,
  { reason, now }: RunInputOf<"aggregation-failed">,
): Advanced<ReplyOf<"aggregation-failed">> {
  return end(state, { phase: "failed", now, reason });
}

interface End {
  readonly phase: "finished" | "failed";
  readonly now: number;
  readonly reason?: string;
}

function end(state: RunState, { phase, now, ...why }: End): Advanced<ReplyOf<"stopped">> {
  const events: RunEvent[] = [];
  let history = state.history;
  if (state.current !== null) {
    const summary = summarize(state.current, "failed", now);
    history = [...history, summary];
    events.push({ type: "round-closed", summary });
  }
  events.push({ type: "run", phase, ...why });
  return { state: { ...state, phase, ...why, current: null, history }, reply: { status: "done" }, events };
}
