import { availableClients, chooseCohort } from "./cohort.ts";
import { lookup } from "./lookup.ts";
import { unchanged } from "./replies.ts";
import { cutBatch } from "./shards.ts";
import type { ActionReply, Advanced, Reply, RunEvent, RunInputOf } from "../inputs.ts";
import type { RoundState, RoundSummary, RunState } from "../types.ts";

/** Opens and ends rounds until nothing more follows from the state and the time. */
export function settle<R extends Reply>(step: Advanced<R>, now: number): Advanced<R> {
  const { state } = step;
  if (state.phase !== "running") return step;
  if (state.current === null) return openRound(step, now);
  if (state.current.phase === "aggregating") return step;
  if (isComplete(state, state.current)) return startAggregating(step, state.current);
  return checkDeadline(step, state.current, now);
}

function openRound<R extends Reply>(step: Advanced<R>, now: number): Advanced<R> {
  const { state } = step;
  const { cohortSize, roundTimeoutMs, mode } = state.spec;
  const isMinibatch = mode === "minibatch";
  // Shards wait for clients; a federated cohort is drawn from those that are there.
  if (availableClients(state).length < (isMinibatch ? 1 : cohortSize)) return step;
  const round = state.history.length + 1;
  const current: RoundState = {
    round,
    phase: "open",
    cohort: isMinibatch ? [] : chooseCohort(state, round),
    shards: cutBatch(state.spec, round),
    updates: {},
    openedAt: now,
    deadline: now + roundTimeoutMs,
    extensions: 0,
  };
  const event: RunEvent = { type: "round-opened", round, cohortSize };
  return { ...step, state: { ...state, current }, events: [...step.events, event] };
}

/** Enough updates, or enough to go on with and nobody left to wait for; a batch needs every shard. */
function isComplete(state: RunState, { cohort, shards, updates }: RoundState): boolean {
  const received = Object.keys(updates).length;
  if (received >= state.spec.cohortSize) return true;
  const isAwaited = (client: string): boolean =>
    lookup(updates, client) === undefined && lookup(state.clients, client)?.hasLeft === false;
  return shards.length === 0 && received >= state.spec.minUpdates && !cohort.some(isAwaited);
}

function startAggregating<R extends Reply>(step: Advanced<R>, current: RoundState): Advanced<R> {
  return { ...step, state: { ...step.state, current: { ...current, phase: "aggregating" } } };
}

/**
 * At the deadline the round closes with minUpdates. With fewer it stays open, so that what was accepted
 * still counts: everybody available is invited and the deadline moves on, maxExtensions times; then the run
 * pauses and waits for a start.
 */
function checkDeadline<R extends Reply>(step: Advanced<R>, current: RoundState, now: number): Advanced<R> {
  if (now < current.deadline) return step;
  const { state } = step;
  const { minUpdates, maxExtensions, roundTimeoutMs } = state.spec;
  const updates = Object.keys(current.updates).length;
  if (updates >= minUpdates) return startAggregating(step, current);
  const isMinibatch = current.shards.length > 0;
  const invited = isMinibatch ? [] : [...new Set([...current.cohort, ...availableClients(state)])].toSorted();
  const reason = `round ${current.round} had ${updates} of the ${minUpdates} updates it needs at its deadline`;
  if (current.extensions >= maxExtensions) {
    const event: RunEvent = { type: "run", phase: "paused", reason };
    const waiting: RoundState = { ...current, cohort: invited, extensions: 0 };
    return {
      ...step,
      state: { ...state, phase: "paused", reason, current: waiting },
      events: [...step.events, event],
    };
  }
  const extended: RoundState = {
    ...current,
    cohort: invited,
    extensions: current.extensions + 1,
    deadline: now + roundTimeoutMs,
  };
  const event: RunEvent = { type: "round-extended", round: current.round, reason };
  return { ...step, state: { ...state, current: extended }, events: [...step.events, event] };
}

export function receiveAggregated(
  state: RunState,
  { round, bytesDown, now }: RunInputOf<"aggregated">,
): Advanced<ActionReply> {
  const { current } = state;
  if (current?.phase !== "aggregating" || current.round !== round) {
    return unchanged(state, { status: "refused", reason: `round ${round} is not being aggregated` });
  }
  const summary = { ...summarize(current, "closed", now), bytesDown };
  const history = [...state.history, summary];
  const isLast = history.filter(({ phase }) => phase === "closed").length >= state.spec.rounds;
  const closed: RunState = {
    ...state,
    current: null,
    history,
    evaluations: withEvaluation(state, round, isLast),
  };
  const events: RunEvent[] = [{ type: "round-closed", summary }];
  if (!isLast) return settle({ state: closed, reply: { status: "done" }, events }, now);
  events.push({ type: "run", phase: "finished" });
  return { state: { ...closed, phase: "finished" }, reply: { status: "done" }, events };
}

/** At most this many evaluations wait, the newest: each needs its round's params kept. */
const maxPending = 10;

/** The evaluation that the closed round asks for waits for a client that can do it; training does not wait. */
function withEvaluation(
  { spec, evaluations }: RunState,
  round: number,
  isLast: boolean,
): RunState["evaluations"] {
  if (spec.evaluation === undefined) return evaluations;
  if (!isLast && round % spec.evaluation.everyRounds !== 0) return evaluations;
  const pending = evaluations.filter(({ result }) => result === null);
  const dropped = new Set(pending.slice(0, Math.max(0, pending.length + 1 - maxPending)));
  return [...evaluations.filter((other) => !dropped.has(other)), { round, lease: null, result: null }];
}

/** Sums run over the parts in sorted order, so that the order of arrival changes no byte. */
export function summarize(
  { round, updates, openedAt }: RoundState,
  phase: "closed" | "failed",
  now: number,
): RoundSummary {
  const records = Object.keys(updates)
    .toSorted()
    .flatMap((part) => lookup(updates, part) ?? []);
  let numExamples = 0;
  let lossSum = 0;
  let bytesUp = 0;
  for (const update of records) {
    numExamples += update.numExamples;
    lossSum += update.numExamples * update.loss;
    bytesUp += update.sizeBytes;
  }
  return {
    round,
    phase,
    clients: phase === "closed" ? [...new Set(records.map(({ client }) => client))].toSorted() : [],
    updates: phase === "closed" ? records.length : 0,
    numExamples,
    loss: numExamples > 0 ? lossSum / numExamples : null,
    bytesUp,
    bytesDown: 0,
    openedAt,
    closedAt: now,
  };
}
