import { EdgepropError } from "../errors.ts";
import { advance, createRunState } from "./advance.ts";
import { createWeightedMean } from "./aggregate.ts";
import type { ClientUpdate } from "./aggregate.ts";
import { toStrategy } from "./strategies.ts";
import type { RoundSummary, RunSpec, RunState, TrainTask } from "./types.ts";

export interface SimulationOptions {
  /** The compiled kernels, which sum the updates. */
  readonly kernels: WebAssembly.Module;
  /** What round 1 starts from, flat, in layout order. */
  readonly params: Float32Array;
  /** Names, in the order in which they train; the order changes no params. */
  readonly clients: readonly string[];
  /** What a client does with its task: `trainTask` of `edgeprop/client`, or anything else. */
  readonly train: (task: TrainTask, given: ClientRound) => Promise<ClientUpdate>;
}

export interface ClientRound {
  readonly client: string;
  readonly params: Float32Array;
}

export interface SimulatedRound {
  readonly summary: RoundSummary;
  /** After the round. */
  readonly params: Float32Array;
}

/**
 * A federated run inside one process, without HTTP and storage: the same reducer, the same tasks and the same sum
 * as the orchestrator's, yielding each closed round. Time passes only where a round waits for its deadline.
 * Throws `bad-option` for a run that cannot start, `conflict` for one that pauses because too few updates can count.
 */
export async function* simulate(
  spec: RunSpec,
  { kernels, params: initial, clients, train }: SimulationOptions,
): AsyncGenerator<SimulatedRound, void> {
  checkSpec(spec, clients);
  const { serverLearningRate } = toStrategy(spec.strategy);
  const mean = createWeightedMean(kernels, spec, initial.length);
  const updates = new Map<string, ClientUpdate>();
  let reason = "";
  let params = initial;
  let now = 0;
  let state: RunState = createRunState(spec);
  for (const client of clients) {
    ({ state } = advance(state, { type: "client-joined", client, backend: "wasm", now }));
  }
  ({ state } = advance(state, { type: "started", now }));

  while (state.phase === "running" && state.current !== null) {
    for (const client of clients) {
      const { reply } = advance(state, { type: "task-requested", client, now });
      if (reply.status !== "task" || reply.task.kind !== "train") continue;
      const update = await train(reply.task, { client, params });
      const { delta, numExamples, loss } = update;
      const problem = mean.problemWith(update);
      const advanced = advance(state, {
        type: "update-received",
        client,
        round: reply.task.round,
        content:
          problem === null
            ? { isValid: true, update: { numExamples, loss, sizeBytes: delta.byteLength } }
            : { isValid: false, reason: problem },
        now,
      });
      ({ state } = advanced);
      if (advanced.reply.status === "accepted") updates.set(client, update);
      else if (advanced.reply.status === "rejected")
        reason = `; client "${client}": ${advanced.reply.reason}`;
    }
    // Whoever could answer has answered: what is left is the deadline.
    if (state.current?.phase === "open") {
      now = state.current.deadline;
      ({ state } = advance(state, { type: "clock", now }));
    }
    if (state.current?.phase !== "aggregating") continue;
    const { round } = state.current;
    params = mean.addTo(params, updates.values(), serverLearningRate);
    updates.clear();
    ({ state } = advance(state, { type: "aggregated", round, bytesDown: 0, now }));
    const summary = state.history.at(-1);
    if (summary !== undefined) yield { summary, params };
  }
  if (state.phase !== "finished") {
    throw new EdgepropError("conflict", `the run is ${state.phase}: ${state.reason ?? ""}${reason}`);
  }
}

function checkSpec({ mode, evaluation, cohortSize }: RunSpec, clients: readonly string[]): void {
  if (mode !== "federated") {
    throw new EdgepropError("bad-option", `mode is "${mode}"; a simulation is of mode "federated"`);
  }
  if (evaluation !== undefined) {
    throw new EdgepropError(
      "bad-option",
      "evaluation is set; a simulation yields every round's params: leave it out and evaluate them",
    );
  }
  const distinct = new Set(clients).size;
  if (distinct < cohortSize || distinct < clients.length) {
    throw new EdgepropError(
      "bad-option",
      `${clients.length} clients with ${distinct} names; expected different names, at least cohortSize, ${cohortSize}`,
    );
  }
}
