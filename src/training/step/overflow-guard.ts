import type { EdgepropError } from "../../errors.ts";
import type { Magnitudes, Optimizer, OptimizerCall } from "../../kinds/optimizer-type.ts";
import type { Arena } from "../../runtime/index.ts";
import { optimizerBuffers } from "./plan-memory.ts";

/** An optimizer whose steps leave params and state finite, or as they were. */
export interface GuardedOptimizer {
  /**
   * Takes `step`, from 1, and returns null. Where a param or its state would not be finite, everything is as it was,
   * and what `diagnose` has found in the state that failed is returned.
   */
  apply(step: number, options: GuardedStep): EdgepropError | null;
  /** Params or state were written from outside: what is known of them no longer holds. */
  forget(): void;
}

/** Values that lie together in the flat params. */
interface ParamRange {
  readonly offset: number;
  readonly length: number;
}

interface GuardedStep {
  readonly applyDirection: OptimizerCall;
  readonly learningRate: number;
  /** An upper bound of its magnitudes. */
  readonly largestDirection: number;
  readonly diagnose: () => EdgepropError;
}

/** Below float32's largest number by more than a step's roundings. */
const limit = 2 ** 126;
/** What float32's roundings can add to a bound in one step. */
const slack = 1 + 2 ** -20;

/**
 * Bounds follow the params from step to step by arithmetic on a few numbers. Only where they say that a step might
 * overflow does it cost more: a copy of params and state first, and a look at all of them afterwards.
 */
export function createGuardedOptimizer(
  arena: Arena,
  { type, spec }: Optimizer,
  ranges: readonly ParamRange[],
): GuardedOptimizer {
  const names = optimizerBuffers({ type, spec });
  /** Null: params or state have not been looked at since they were written. */
  let bounds: Magnitudes | null = null;

  function largestOf(name: string): number {
    const each = ranges.map(({ offset, length }) =>
      arena.kernels.largestMagnitude(length, arena.at(name) + 4 * offset),
    );
    return Math.max(...each);
  }

  /** Null where one of the values is not finite. */
  function measure(): Magnitudes | null {
    const found = { params: largestOf("params"), state: names.map(largestOf) };
    return found.state.every(Number.isFinite) && Number.isFinite(found.params) ? found : null;
  }

  /** The bounds after the step; null where they, or what is computed on the way, might overflow. */
  function boundsAfter(step: number, { learningRate, largestDirection }: GuardedStep): Magnitudes | null {
    if (type.bound === undefined) return null;
    bounds ??= measure();
    if (bounds === null) return null;
    const move = { direction: largestDirection, learningRate, step };
    const { params, state, largest } = type.bound(spec, bounds, move);
    let most = Math.max(params * slack, largest, largestDirection, learningRate);
    for (const value of state) most = Math.max(most, value * slack);
    if (!(most < limit)) return null;
    return {
      params: params * slack,
      state: state.length === 0 ? state : state.map((value) => value * slack),
    };
  }

  function applyWatched(
    step: number,
    { applyDirection, learningRate, diagnose }: GuardedStep,
  ): EdgepropError | null {
    const buffers = ["params", ...names];
    const before = buffers.map((name) => arena.floats(name).slice());
    applyDirection(step, learningRate);
    bounds = measure();
    if (bounds !== null) return null;
    const error = diagnose();
    for (const [index, name] of buffers.entries()) arena.floats(name).set(before[index] ?? []);
    return error;
  }

  return {
    apply(step, guarded) {
      const { applyDirection, learningRate, diagnose } = guarded;
      const next = boundsAfter(step, guarded);
      if (next === null) return applyWatched(step, guarded);
      bounds = next;
      return applyDirection(step, learningRate) ? null : diagnose();
    },
    forget() {
      bounds = null;
    },
  };
}
