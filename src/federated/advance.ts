import { availableClients, chooseCohort } from "./cohort.ts";
import { lookup } from "./lookup.ts";
import type {
  Advanced,
  Reply,
  RoundState,
  RoundSummary,
  RunEvent,
  RunInput,
  RunSpec,
  RunState,
} from "./types.ts";

export function createRunState(spec: RunSpec): RunState {
  return { spec, phase: "created", clients: {}, current: null, history: [] };
}

/**
 * What happens now: a pure function, the only place with policy about rounds.
 * The caller saves the state before it answers; when the round is `aggregating` it sums the round's
 * updates, saves the new params and hands in `aggregated`.
 */
export function advance(state: RunState, input: RunInput): Advanced {
  switch (input.type) {
    case "client-joined":
      return join(state, input);
    case "client-left":
      return leave(state, input);
    case "started":
      return start(state, input.now);
    case "paused":
      return pause(state);
    case "stopped":
      return stop(state, input.now);
    case "update-received":
      return receiveUpdate(state, input);
    case "clock":
      return settle({ state, reply: { status: "done" }, events: [] }, input.now);
    case "aggregated":
      return closeRound(state, input.round, input.now);
    default:
      return input satisfies never;
  }
}

/** When the run next needs `clock` though nobody calls; null while nothing is due. */
export function nextDeadline(state: RunState): number | null {
  return state.phase === "running" && state.current?.phase === "open" ? state.current.deadline : null;
}

type Input<T extends RunInput["type"]> = Extract<RunInput, { type: T }>;

function unchanged(state: RunState, reply: Reply): Advanced {
  return { state, reply, events: [] };
}

function isOver(state: RunState): boolean {
  return state.phase === "finished" || state.phase === "failed";
}

/** Joining again changes nothing but brings a client that had left back. */
function join(state: RunState, { client, backend, now }: Input<"client-joined">): Advanced {
  if (isOver(state)) return unchanged(state, { status: "refused", reason: `the run is ${state.phase}` });
  const known = lookup(state.clients, client);
  if (known !== undefined && !known.hasLeft && known.backend === backend)
    return unchanged(state, { status: "done" });
  const record = { joinedAt: known?.joinedAt ?? now, hasLeft: false, backend };
  const joined = { ...state, clients: { ...state.clients, [client]: record } };
  const events: RunEvent[] = [{ type: "clients", numClients: availableClients(joined).length }];
  return settle({ state: joined, reply: { status: "done" }, events }, now);
}

/** An update that the client has submitted stays; it is only not waited for or invited any more. */
function leave(state: RunState, { client, now }: Input<"client-left">): Advanced {
  const known = lookup(state.clients, client);
  if (known === undefined)
    return unchanged(state, { status: "refused", reason: `no client "${client}" has joined` });
  const left = { ...state, clients: { ...state.clients, [client]: { ...known, hasLeft: true } } };
  const events: RunEvent[] = [{ type: "clients", numClients: availableClients(left).length }];
  return settle({ state: left, reply: { status: "done" }, events }, now);
}

function start(state: RunState, now: number): Advanced {
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
function pause(state: RunState): Advanced {
  if (state.phase === "paused") return unchanged(state, { status: "done" });
  if (state.phase !== "running") {
    return unchanged(state, {
      status: "refused",
      reason: `the run is ${state.phase}; only a running one can be paused`,
    });
  }
  return {
    state: { ...state, phase: "paused" },
    reply: { status: "done" },
    events: [{ type: "run", phase: "paused" }],
  };
}

/** Ends the run with the params of the last closed round; the open round fails. */
function stop(state: RunState, now: number): Advanced {
  if (isOver(state)) return unchanged(state, { status: "done" });
  const events: RunEvent[] = [];
  let history = state.history;
  if (state.current !== null) {
    const summary = summarize(state.current, "failed", now);
    history = [...history, summary];
    events.push({ type: "round-closed", summary });
  }
  events.push({ type: "run", phase: "finished" });
  return {
    state: { ...state, phase: "finished", current: null, history },
    reply: { status: "done" },
    events,
  };
}

/** Exactly once: the first acceptable update of an invited client counts, whatever comes after it. */
function receiveUpdate(state: RunState, { client, round, content, now }: Input<"update-received">): Advanced {
  if (lookup(state.clients, client) === undefined) {
    return unchanged(state, { status: "rejected", reason: `no client "${client}" has joined this run` });
  }
  const { current } = state;
  if (current === null || current.round !== round) return unchanged(state, lateReply(state, client, round));
  if (lookup(current.updates, client) !== undefined) return unchanged(state, { status: "duplicate" });
  if (!current.cohort.includes(client)) {
    return unchanged(state, {
      status: "rejected",
      reason: `client "${client}" is not invited to round ${round}`,
    });
  }
  if (Object.keys(current.updates).length >= state.spec.cohortSize + state.spec.overselection) {
    return unchanged(state, { status: "stale", currentRound: round });
  }
  if (!content.isValid) return unchanged(state, { status: "rejected", reason: content.reason });
  const updates = { ...current.updates, [client]: content.update };
  const accepted: RunState = { ...state, current: { ...current, updates } };
  const event: RunEvent = {
    type: "update",
    round,
    updates: Object.keys(updates).length,
    cohortSize: state.spec.cohortSize,
  };
  return settle({ state: accepted, reply: { status: "accepted" }, events: [event] }, now);
}

function lateReply(state: RunState, client: string, round: number): Reply {
  const counted = state.history.some(
    (summary) => summary.round === round && summary.clients.includes(client),
  );
  return counted ? { status: "duplicate" } : { status: "stale", currentRound: state.current?.round ?? null };
}

/** Opens and ends rounds until nothing more follows from the state and the time. */
function settle(step: Advanced, now: number): Advanced {
  const { state } = step;
  if (state.phase !== "running") return step;
  if (state.current === null) return openRound(step, now);
  if (state.current.phase === "aggregating") return step;
  return isComplete(state, state.current)
    ? startAggregating(step, state.current)
    : checkDeadline(step, state.current, now);
}

function openRound(step: Advanced, now: number): Advanced {
  const { state } = step;
  if (availableClients(state).length < state.spec.cohortSize) return step;
  const round = state.history.length + 1;
  const cohort = chooseCohort(state, round);
  const current: RoundState = {
    round,
    phase: "open",
    cohort,
    updates: {},
    openedAt: now,
    deadline: now + state.spec.roundTimeoutMs,
    extensions: 0,
  };
  const event: RunEvent = { type: "round-opened", round, cohortSize: state.spec.cohortSize };
  return { ...step, state: { ...state, current }, events: [...step.events, event] };
}

/** Enough updates, or enough to go on with and nobody left to wait for. */
function isComplete(state: RunState, { cohort, updates }: RoundState): boolean {
  const received = Object.keys(updates).length;
  if (received >= state.spec.cohortSize) return true;
  const isAwaited = (client: string): boolean =>
    lookup(updates, client) === undefined && lookup(state.clients, client)?.hasLeft === false;
  return received >= state.spec.minUpdates && !cohort.some(isAwaited);
}

function startAggregating(step: Advanced, current: RoundState): Advanced {
  return { ...step, state: { ...step.state, current: { ...current, phase: "aggregating" } } };
}

/**
 * At the deadline the round closes with minUpdates. With fewer it stays open, so that what was accepted
 * still counts: everybody available is invited and the deadline moves on, maxExtensions times; then the run
 * pauses and waits for a start.
 */
function checkDeadline(step: Advanced, current: RoundState, now: number): Advanced {
  if (now < current.deadline) return step;
  const { state } = step;
  const { minUpdates, maxExtensions, roundTimeoutMs } = state.spec;
  const updates = Object.keys(current.updates).length;
  if (updates >= minUpdates) return startAggregating(step, current);
  const cohort = [...new Set([...current.cohort, ...availableClients(state)])].toSorted();
  const reason = `round ${current.round} had ${updates} of the ${minUpdates} updates it needs at its deadline`;
  if (current.extensions >= maxExtensions) {
    const event: RunEvent = { type: "run", phase: "paused", reason };
    const paused: RunState = {
      ...state,
      phase: "paused",
      reason,
      current: { ...current, cohort, extensions: 0 },
    };
    return { ...step, state: paused, events: [...step.events, event] };
  }
  const extended: RoundState = {
    ...current,
    cohort,
    extensions: current.extensions + 1,
    deadline: now + roundTimeoutMs,
  };
  const event: RunEvent = { type: "round-extended", round: current.round, reason };
  return { ...step, state: { ...state, current: extended }, events: [...step.events, event] };
}

function closeRound(state: RunState, round: number, now: number): Advanced {
  const { current } = state;
  if (current?.phase !== "aggregating" || current.round !== round) {
    return unchanged(state, { status: "refused", reason: `round ${round} is not being aggregated` });
  }
  const summary = summarize(current, "closed", now);
  const closed: RunState = { ...state, current: null, history: [...state.history, summary] };
  const events: RunEvent[] = [{ type: "round-closed", summary }];
  if (closed.history.filter(({ phase }) => phase === "closed").length < state.spec.rounds) {
    return settle({ state: closed, reply: { status: "done" }, events }, now);
  }
  events.push({ type: "run", phase: "finished" });
  return { state: { ...closed, phase: "finished" }, reply: { status: "done" }, events };
}

/** Sums run over the clients in sorted order, so that the order of arrival changes no byte. */
function summarize(
  { round, updates, openedAt }: RoundState,
  phase: "closed" | "failed",
  now: number,
): RoundSummary {
  const clients = Object.keys(updates).toSorted();
  const counted = phase === "closed" ? clients : [];
  let numExamples = 0;
  let lossSum = 0;
  let bytesUp = 0;
  for (const client of clients) {
    const update = lookup(updates, client);
    if (update === undefined) continue;
    numExamples += update.numExamples;
    lossSum += update.numExamples * update.loss;
    bytesUp += update.sizeBytes;
  }
  const loss = numExamples > 0 ? lossSum / numExamples : null;
  return { round, phase, clients: counted, numExamples, loss, bytesUp, openedAt, closedAt: now };
}
