import { availableClients } from "../../src/federated/index.ts";
import type { EvaluationState, RunSpec, RunState } from "../../src/federated/index.ts";
import type { EvaluationReport, RunMessage, RunView } from "../../src/protocol/index.ts";

/** A run's state as the API shows it. */
export function toView(
  state: RunState,
  { run, now }: { readonly run: string; readonly now: number },
): RunView {
  const { phase, reason, spec, current, history, evaluations } = state;
  return {
    run,
    phase,
    ...(reason === undefined ? {} : { reason }),
    spec,
    numClients: availableClients(state).length,
    current: current && {
      round: current.round,
      cohort: current.cohort,
      updates: Object.keys(current.updates).length,
    },
    history,
    evaluations: evaluations.map((evaluation) => toReport(spec, evaluation, now)),
  };
}

/** What a watcher who knows the rounds up to `lastRound` is told first. */
export function toPast({ phase, reason, current, history, spec }: RunState, lastRound: number): RunMessage[] {
  const past: RunMessage[] = history
    .filter(({ round }) => round > lastRound)
    .map((summary) => ({ type: "round-closed", summary }));
  if (current !== null) {
    const { round, updates } = current;
    const { cohortSize } = spec;
    past.push({ type: "update", round, updates: Object.keys(updates).length, cohortSize });
  }
  past.push({ type: "run", phase, ...(reason === undefined ? {} : { reason }) });
  return past;
}

function toReport(
  { evaluation }: RunSpec,
  { round, lease, result }: EvaluationState,
  now: number,
): EvaluationReport {
  const requires = evaluation?.requires ?? {};
  if (result !== null) {
    const { client, ...values } = result;
    return { round, phase: "done", requires, client, result: values };
  }
  if (lease !== null && lease.until > now) return { round, phase: "leased", requires, client: lease.client };
  return { round, phase: "waiting", requires };
}
