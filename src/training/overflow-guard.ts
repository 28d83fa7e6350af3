import type { EdgepropError } from "../errors.ts";
import type { Arena } from "../runtime/index.ts";
import type { ApplyDirection } from "./optimizer-calls.ts";
import type { Optimizer } from "./options.ts";
import { optimizerBuffers } from "./plan-memory.ts";
import type { ParamRange } from "./trainable.ts";

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

interface GuardedStep {
  readonly applyDirection: ApplyDirection;
  readonly rateFactor: number;
  /** An upper bound of its magnitudes. */
  readonly largestDirection: number;
  readonly diagnose: () => EdgepropError;
}

/** Upper bounds of magnitudes: of the params, and of each buffer of the optimizer's state. */
interface Bounds {
  readonly params: number;
  readonly state: readonly number[];
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
  optimizer: Optimizer,
  ranges: readonly ParamRange[],
): GuardedOptimizer {
  const names = optimizerBuffers(optimizer);
  let bounds: Bounds | null = null;

  function largestOf(name: string): number {
    const each = ranges.map(({ offset, length }) =>
      arena.kernels.largestMagnitude(length, arena.at(name) + 4 * offset),
    );
    return Math.max(...each);
  }

  function measure(): Bounds {
    return { params: largestOf("params"), state: names.map(largestOf) };
  }

  function applyWatched(
    step: number,
    { applyDirection, rateFactor, diagnose }: GuardedStep,
  ): EdgepropError | null {
    const buffers = ["params", ...names];
    const before = buffers.map((name) => arena.floats(name).slice());
    applyDirection(step, rateFactor);
    const after = measure();
    if ([after.params, ...after.state].every(Number.isFinite)) {
      bounds = after;
      return null;
    }
    const error = diagnose();
    for (const [index, name] of buffers.entries()) arena.floats(name).set(before[index] ?? []);
    return error;
  }

  return {
    apply(step, guarded) {
      const { applyDirection, rateFactor, largestDirection: direction, diagnose } = guarded;
      const rate = optimizer.learningRate * rateFactor;
      bounds ??= measure();
      const { next, intermediates } = reach(optimizer, bounds, { direction, rate, step });
      const isSafe = [next.params, ...next.state, ...intermediates].every((bound) => bound < limit);
      if (!isSafe) return applyWatched(step, guarded);
      bounds = next;
      return applyDirection(step, rateFactor) ? null : diagnose();
    },
    forget() {
      bounds = null;
    },
  };
}

interface Reach {
  readonly next: Bounds;
  /** Of what the formulas compute on the way. */
  readonly intermediates: readonly number[];
}

/** How far the formulas of src/kernels/optimizers.ts can lead from within the bounds. */
function reach(
  optimizer: Optimizer,
  { params, state: [first = 0, second = 0] }: Bounds,
  { direction, rate, step }: { readonly direction: number; readonly rate: number; readonly step: number },
): Reach {
  const { weightDecay } = optimizer;
  const isDecoupled = optimizer.name === "adamw";
  const d = direction + (isDecoupled ? 0 : weightDecay * params);
  const shrink = isDecoupled ? Math.abs(1 - rate * weightDecay) : 1;
  const to = (move: number, state: readonly number[], intermediates: readonly number[] = []): Reach => ({
    next: { params: (shrink * params + rate * move) * slack, state: state.map((bound) => bound * slack) },
    intermediates: [rate, weightDecay, shrink, d, move, ...intermediates],
  });
  switch (optimizer.name) {
    case "sgd": {
      const { momentum, nesterov } = optimizer;
      const velocity = momentum * first + d;
      return to(nesterov ? d + momentum * velocity : velocity, momentum === 0 ? [] : [velocity]);
    }
    case "adam":
    case "adamw": {
      const { beta1, beta2, epsilon } = optimizer;
      const m = beta1 * first + (1 - beta1) * d;
      const v = beta2 * second + (1 - beta2) * d * d;
      return to(quotient(m, epsilon) / (1 - beta1 ** step), [m, v], [d * d, rate / (1 - beta1 ** step)]);
    }
    case "rmsprop": {
      const { decay, epsilon } = optimizer;
      return to(quotient(d, epsilon), [decay * first + (1 - decay) * d * d], [d * d]);
    }
    case "adagrad":
      return to(quotient(d, optimizer.epsilon), [first + d * d], [d * d]);
    default:
      return optimizer satisfies never;
  }
}

/** The roots of squares in the divisor may be 0; epsilon as float32 too. */
function quotient(value: number, epsilon: number): number {
  return Math.fround(epsilon) === 0 ? Infinity : value / epsilon;
}
