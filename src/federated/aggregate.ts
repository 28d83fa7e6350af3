import { createArena, planBuffers } from "../runtime/index.ts";
import { toStrategy } from "./strategies.ts";
import type { RunSpec } from "./types.ts";

/**
 * The weighted sum of deltas in 64-bit fixed point, units of 2^-32: integer addition is associative, so that any
 * order of arrival, any grouping, any crash and replay give the same bytes.
 */
export interface DeltaSum {
  /** Why `weight` x `delta` cannot be added, or null. A delta that passed can be added `capacity` times over. */
  problemWith(delta: Float32Array, weight: number): string | null;
  clear(): void;
  add(delta: Float32Array, weight: number): void;
  /** params + scale x sum, in float64, rounded once to float32. */
  applyTo(params: Float32Array, scale: number): Float32Array;
}

/** The first value that an int64 in units of 2^-32 cannot hold. */
const limit = 2 ** 31;

/** For deltas of `numParams` values, of which at most `capacity` come together. */
export function createDeltaSum(
  module: WebAssembly.Module,
  { numParams, capacity }: { readonly numParams: number; readonly capacity: number },
): DeltaSum {
  const plan = planBuffers([
    { name: "values", bytes: 4 * numParams },
    { name: "sums", bytes: 8 * numParams },
  ]);
  const arena = createArena(module, plan);
  const { kernels } = arena;
  const values = arena.at("values");
  const sums = arena.at("sums");

  function load(floats: Float32Array): void {
    if (floats.length !== numParams) throw new RangeError(`${floats.length} values; expected ${numParams}`);
    arena.floats("values").set(floats);
  }

  return {
    problemWith(delta, weight) {
      load(delta);
      const largest = kernels.largestMagnitude(numParams, values);
      if (!Number.isFinite(largest)) return "the delta holds a value that is not finite";
      const allowed = limit / capacity / weight;
      return largest < allowed
        ? null
        : `the delta holds ${largest}, out of range; with ${weight} examples it must stay below ${allowed}`;
    },
    clear: () => arena.bytes("sums").fill(0),
    add(delta, weight) {
      load(delta);
      kernels.fixedPointAdd(numParams, weight, values, sums);
    },
    applyTo(params, scale) {
      load(params);
      kernels.fixedPointApply(numParams, scale, sums, values);
      return arena.floats("values").slice();
    },
  };
}

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
