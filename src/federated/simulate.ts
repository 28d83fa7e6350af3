import { EdgepropError } from "../errors.ts";
import type { ClientUpdate } from "../frames/index.ts";
import { paramsLayout, toModel } from "../model/index.ts";
import { advance, createRunState } from "./advance.ts";
import { createRoundCloser } from "./close-round.ts";
import { createUpdateCodec } from "./filters/update-codec.ts";
import type { TrainTask } from "./inputs.ts";
import { allRunSets } from "./sets.ts";
import type { RunSets } from "./sets.ts";
import type { RoundSummary, RunSpec, RunState } from "./types.ts";

export interface SimulationOptions {
  /** The compiled deterministic kernels, which sum the updates. */
  readonly kernels: WebAssembly.Module;
  /** What round 1 starts from, flat, in layout order. */
  readonly params: Float32Array;
  /** Names, in the order in which they train; the order changes no params. */
  readonly clients: readonly string[];
  /** What a client does with its task: `trainTask` of `edgeprop/client`, or anything else. */
  readonly train: (task: TrainTask, given: ClientRound) => Promise<ClientUpdate>;
  /** What the run's spec may name; default all that edgeprop has. */
  readonly sets?: RunSets;
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
 * A federated run inside one process, without HTTP and storage: the same reducer, tasks, update filters and way to
 * close a round as the orchestrator's, yielding each closed round. Time passes only where a round waits for its
 * deadline. Throws `bad-option` for a run that cannot start, `conflict` for one that pauses because too few updates
 * can count, `non-finite` for one whose params would not stay finite.
 *
 * @example
 * ```ts
 * const training = { rule: backprop(), optimizer: sgd({ learningRate: 0.1 }), batchSize: 2, localEpochs: 1 };
 * const spec = createRunSpec({ model, loss: "softmaxCrossEntropy", training, rounds: 3, cohortSize: 2 });
 * const slicing = { pause: async () => {} };
 * const rounds = simulate(spec, {
 *   kernels: loadKernels(),
 *   params: await trainer.getParams(),
 *   clients: ["ada", "bea"],
 *   train: (task, { params }) => trainTask(createTrainer, task, { params, dataset, slicing }),
 * });
 * for await (const { summary } of rounds) console.log(summary.clients.join());
 * ```
 */
export async function* simulate(
  spec: RunSpec,
  { kernels, params: initial, clients, train, sets = allRunSets }: SimulationOptions,
): AsyncGenerator<SimulatedRound, void> {
  checkSpec(spec, clients);
  const layout = paramsLayout(toModel(spec.model, sets));
  const codec = createUpdateCodec(spec.filters, { layout, set: sets.filters });
  const closer = createRoundCloser(kernels, spec, { sets });
  const updates = new Map<string, Uint8Array>();
  let reason = "";
  let params = initial;
  let kept: Float32Array | null = null;
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
      const { round, seed } = reply.task;
      const bytes = codec.encode(await train(reply.task, { client, params }), seed);
      const content = closer.read(bytes);
      const advanced = advance(state, { type: "update-received", client, round, content, now });
      ({ state } = advanced);
      if (advanced.reply.status === "accepted") updates.set(advanced.reply.part, bytes);
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
    ({ params, state: kept } = closer.close(state.current, { params, state: kept, readUpdate }));
    updates.clear();
    ({ state } = advance(state, { type: "aggregated", round, bytesDown: 0, now }));
    const summary = state.history.at(-1);
    if (summary !== undefined) yield { summary, params };
  }
  if (state.phase !== "finished") {
    throw new EdgepropError("conflict", `the run is ${state.phase}: ${state.reason ?? ""}${reason}`);
  }

  function readUpdate(part: string): Uint8Array {
    const bytes = updates.get(part);
    if (bytes === undefined) throw new Error(`the round has lost the update of "${part}"`);
    return bytes;
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
