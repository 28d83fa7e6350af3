import { lookup } from "./lookup.ts";
import { unchanged } from "./replies.ts";
import type { Advanced, ReportReply, RunInputOf } from "../inputs.ts";
import type { RunState } from "../types.ts";

/** The first result of an evaluation counts, whoever holds its lease by now. */
export function receiveEvaluation(
  state: RunState,
  input: RunInputOf<"evaluation-received">,
): Advanced<ReportReply> {
  const { client, round, result } = input;
  if (lookup(state.clients, client) === undefined) {
    return unchanged(state, { status: "rejected", reason: `no client "${client}" has joined this run` });
  }
  const evaluation = state.evaluations.find((candidate) => candidate.round === round);
  if (evaluation === undefined) {
    return unchanged(state, { status: "rejected", reason: `no evaluation of round ${round} was asked for` });
  }
  if (evaluation.result !== null) return unchanged(state, { status: "duplicate" });
  const done = { ...evaluation, lease: null, result: { ...result, client } };
  const evaluations = state.evaluations.map((other) => (other === evaluation ? done : other));
  return {
    state: { ...state, evaluations },
    reply: { status: "accepted" },
    events: [{ type: "evaluated", round, result }],
  };
}
