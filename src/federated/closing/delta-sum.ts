import { createArena, planBuffers } from "../../runtime/index.ts";

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
  /** Whether all of any number of values are finite. */
  areFinite(given: Float32Array): boolean;
}

/** The first value that an int64 in units of 2^-32 cannot hold. */
const limit = 2 ** 31;

/**
 * For deltas of `numParams` values, of which at most `capacity` come together.
 *
 * @example
 * ```ts
 * const sum = createDeltaSum(loadKernels(), { numParams: 2, capacity: 10 });
 * sum.add(Float32Array.of(1, 3), 4);
 * console.log([...sum.applyTo(new Float32Array(2), 1 / 4)].join()); // 1,3
 * ```
 */
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
    areFinite(given) {
      for (let begin = 0; begin < given.length; begin += numParams) {
        const part = given.subarray(begin, begin + numParams);
        arena.floats("values").set(part);
        if (!Number.isFinite(kernels.largestMagnitude(part.length, values))) return false;
      }
      return true;
    },
  };
}
