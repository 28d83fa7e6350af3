import { errorCode } from "../../src/errors.ts";
import { createDeltaSum, toStrategy } from "../../src/federated/index.ts";
import type { RoundState, RunSpec, UpdateRecord } from "../../src/federated/index.ts";
import { countParams, paramsLayout } from "../../src/model/index.ts";
import { decodeParams, decodeUpdate } from "../../src/protocol/index.ts";
import { loadKernels } from "../../src/workerd.ts";

/** Reads updates and turns a round's into the next params, for one RunSpec. */
export interface RoundSum {
  /** The record of an update that can count, or why it cannot. */
  read(bytes: Uint8Array): { isValid: true; record: UpdateRecord } | { isValid: false; reason: string };
  /** The params after `round`, from the params before it and the bytes of its updates, in any order. */
  close(
    round: RoundState,
    stored: { readonly params: Uint8Array; readonly readUpdate: (client: string) => Uint8Array },
  ): Float32Array;
}

export function createRoundSum(spec: RunSpec): RoundSum {
  const layout = paramsLayout(spec.model);
  const strategy = toStrategy(spec.strategy);
  const sum = createDeltaSum(loadKernels(), {
    numParams: countParams(spec.model),
    capacity: spec.cohortSize + spec.overselection,
  });
  return {
    read(bytes) {
      try {
        const { delta, numExamples, loss } = decodeUpdate(layout, bytes);
        if (numExamples > spec.maxExamples) {
          return {
            isValid: false,
            reason: `numExamples is ${numExamples}; at most ${spec.maxExamples} are accepted`,
          };
        }
        const record = { numExamples, loss, sizeBytes: bytes.length };
        const problem = sum.problemWith(delta, strategy.weightOf(record));
        return problem === null ? { isValid: true, record } : { isValid: false, reason: problem };
      } catch (error) {
        if (errorCode(error) === undefined || !(error instanceof Error)) throw error;
        return { isValid: false, reason: error.message };
      }
    },

    close({ updates }, { params, readUpdate }) {
      sum.clear();
      let totalWeight = 0;
      for (const [client, record] of Object.entries(updates)) {
        const weight = strategy.weightOf(record);
        sum.add(decodeUpdate(layout, readUpdate(client)).delta, weight);
        totalWeight += weight;
      }
      return sum.applyTo(decodeParams(layout, params), strategy.serverLearningRate / totalWeight);
    },
  };
}
