import { lookup } from "./lookup.ts";
import { unchanged } from "./replies.ts";
import { settle } from "./rounds.ts";
import type { Advanced, RunEvent, RunInputOf, SubmitReply } from "../inputs.ts";
import type { RoundState, RunState } from "../types.ts";

/** Exactly once: the first acceptable update of a part of the round counts, whatever comes after it. */
export function receiveUpdate(state: RunState, input: RunInputOf<"update-received">): Advanced<SubmitReply> {
  const { client, round, content, now } = input;
  if (lookup(state.clients, client) === undefined) {
    return unchanged(state, { status: "rejected", reason: `no client "${client}" has joined this run` });
  }
  const { current } = state;
  if (current === null || current.round !== round) return unchanged(state, lateReply(state, client, round));
  const part = partOf(current, input);
  if (!part.isThere) return unchanged(state, { status: "rejected", reason: part.reason });
  if (lookup(current.updates, part.key) !== undefined) return unchanged(state, { status: "duplicate" });
  if (Object.keys(current.updates).length >= state.spec.cohortSize + state.spec.overselection) {
    return unchanged(state, { status: "stale", currentRound: round });
  }
  if (!content.isValid) return unchanged(state, { status: "rejected", reason: content.reason });
  if (part.numExamples !== undefined && content.update.numExamples !== part.numExamples) {
    const reason = `numExamples is ${content.update.numExamples}; shard ${part.key} has ${part.numExamples}`;
    return unchanged(state, { status: "rejected", reason });
  }
  const updates = { ...current.updates, [part.key]: { client, ...content.update } };
  const accepted: RunState = { ...state, current: { ...current, updates } };
  const { cohortSize } = state.spec;
  const event: RunEvent = { type: "update", round, updates: Object.keys(updates).length, cohortSize };
  return settle({ state: accepted, reply: { status: "accepted", part: part.key }, events: [event] }, now);
}

type Part =
  | { readonly isThere: true; readonly key: string; readonly numExamples?: number }
  | { readonly isThere: false; readonly reason: string };

/** Which part of the round an update is: an invited client's, or a shard's, whoever holds its lease by now. */
function partOf(
  { shards, cohort, updates, round }: RoundState,
  { client, shard }: RunInputOf<"update-received">,
): Part {
  if (shards.length > 0) {
    const found = shard === undefined ? undefined : shards[shard];
    if (found !== undefined)
      return { isThere: true, key: String(shard), numExamples: found.end - found.begin };
    return {
      isThere: false,
      reason: `shard ${shard} of round ${round} does not exist; expected 0 to ${shards.length - 1}`,
    };
  }
  // A client that submitted and is not invited any more is still told that its update is there.
  if (cohort.includes(client) || lookup(updates, client) !== undefined) return { isThere: true, key: client };
  return { isThere: false, reason: `client "${client}" is not invited to round ${round}` };
}

function lateReply(state: RunState, client: string, round: number): SubmitReply {
  const counted = state.history.some(
    (summary) => summary.round === round && summary.clients.includes(client),
  );
  return counted ? { status: "duplicate" } : { status: "stale", currentRound: state.current?.round ?? null };
}
