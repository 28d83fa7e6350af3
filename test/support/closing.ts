import { createRandom, loadKernels, paramsLayout } from "edgeprop";
import { createRoundCloser, createRunSpec, createUpdateCodec } from "edgeprop/federated";
import type { NamedUpdate, RunSets, RunSpecInput, UpdateRecord } from "edgeprop/federated";
import { smallRun } from "./run.ts";

/** Of smallRun's model. */
export const numParams = 8;

/** Deltas in [-1, 1) of three clients with different numbers of examples, another for every round. */
export function updatesOf(round: number): NamedUpdate[] {
  const random = createRandom(round, "closing");
  return ["ada", "bea", "cyd"].map((client, index) => ({
    client,
    delta: Float32Array.from({ length: numParams }, () => 2 * random.uniform() - 1),
    numExamples: 5 + 4 * index,
    loss: 1 + index,
  }));
}

export interface Kept {
  readonly params: Float32Array;
  readonly state: Float32Array | null;
}

export const firstParams: Kept = {
  params: Float32Array.from({ length: numParams }, (_, i) => (i - 3) / 7),
  state: null,
};

/** A run's closer with what an orchestrator does around it. */
export function createClosing(overrides: Partial<RunSpecInput>, sets?: RunSets) {
  const spec = createRunSpec({ ...smallRun, cohortSize: 3, ...overrides }, sets);
  const given = sets === undefined ? {} : { sets };
  const filters = sets === undefined ? {} : sets.filters;
  const codec = createUpdateCodec(spec.filters, { layout: paramsLayout(spec.model), set: filters });
  const closer = createRoundCloser(loadKernels(), spec, given);
  return {
    spec,
    closer,
    /** Reads and closes with the updates in their order of arrival. */
    close(round: number, kept: Kept, updates: readonly NamedUpdate[] = updatesOf(round)) {
      const files = new Map(updates.map((update) => [update.client, codec.encode(update, round)]));
      const records: Record<string, UpdateRecord> = {};
      for (const [client, bytes] of files) {
        const content = closer.read(bytes);
        if (!content.isValid) throw new Error(content.reason);
        records[client] = { client, ...content.update };
      }
      const readUpdate = (part: string) => files.get(part) ?? new Uint8Array();
      return closer.close({ round, updates: records }, { ...kept, readUpdate });
    },
  };
}

/** As it comes back from storage. */
export function restored({ params, state }: Kept): Kept {
  const copy = (values: Float32Array) => new Float32Array(new Uint8Array(values.slice().buffer).buffer);
  return { params: copy(params), state: state === null || state.length === 0 ? null : copy(state) };
}
