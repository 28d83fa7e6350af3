import { createDeltaSum } from "./aggregate.ts";
import { toStrategy } from "./strategies.ts";
import type { RunSpec } from "./types.ts";

/** What a client sends of a round. */
export interface ClientUpdate {
  /** Params after local training minus params received, flat, in layout order. */
  readonly delta: Float32Array;
  readonly numExamples: number;
  /** Mean loss over the examples trained on, each before its step. */
  readonly loss: number;
}

/** The mean of a round's deltas, weighted as the run's strategy says: in any order of the updates the same bytes. */
export interface WeightedMean {
  /** Why the update cannot count, or null. */
  problemWith(update: ClientUpdate): string | null;
  /** params + scale x mean; the updates are taken one at a time. */
  addTo(params: Float32Array, updates: Iterable<MeanPart>, scale: number): Float32Array;
}

type MeanPart = Pick<ClientUpdate, "delta" | "numExamples">;

export function createWeightedMean(
  module: WebAssembly.Module,
  { strategy, cohortSize, overselection, maxExamples }: RunSpec,
  numParams: number,
): WeightedMean {
  const policy = toStrategy(strategy);
  const sum = createDeltaSum(module, { numParams, capacity: cohortSize + overselection });
  return {
    problemWith(update) {
      const { numExamples, delta } = update;
      return numExamples > maxExamples
        ? `numExamples is ${numExamples}; at most ${maxExamples} are accepted`
        : sum.problemWith(delta, policy.weightOf(update));
    },
    addTo(params, updates, scale) {
      sum.clear();
      let totalWeight = 0;
      for (const update of updates) {
        const weight = policy.weightOf(update);
        sum.add(update.delta, weight);
        totalWeight += weight;
      }
      return sum.applyTo(params, scale / totalWeight);
    },
  };
}
