import type { EdgepropError } from "../../errors.ts";
import type { Arena } from "../../runtime/index.ts";
import type { ApplyDirection } from "./optimizer-calls.ts";
import type { Optimizer } from "../options/types.ts";
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
  readonly applyDirection: ApplyDirection;
  readonly rateFactor: number;
  /** An upper bound of its magnitudes. */
  readonly largestDirection: number;
  readonly diagnose: () => EdgepropError;
}

/** Upper bounds of magnitudes: of the params, and of the optimizer's first and second buffer of state. */
interface Bounds {
  params: number;
  first: number;
  second: number;
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
  const bounds: Bounds = { params: 0, first: 0, second: 0 };
  let areKnown = false;

  function largestOf(name: string | undefined): number {
    if (name === undefined) return 0;
    const each = ranges.map(({ offset, length }) =>
      arena.kernels.largestMagnitude(length, arena.at(name) + 4 * offset),
    );
    return Math.max(...each);
  }

  /** False where one of the values is not finite. */
  function measure(): boolean {
    bounds.params = largestOf("params");
    bounds.first = largestOf(names[0]);
    bounds.second = largestOf(names[1]);
    areKnown = Number.isFinite(bounds.params + bounds.first + bounds.second);
    return areKnown;
  }

  function applyWatched(
    step: number,
    { applyDirection, rateFactor, diagnose }: GuardedStep,
  ): EdgepropError | null {
    const buffers = ["params", ...names];
    const before = buffers.map((name) => arena.floats(name).slice());
    applyDirection(step, rateFactor);
    if (measure()) return null;
    const error = diagnose();
    for (const [index, name] of buffers.entries()) arena.floats(name).set(before[index] ?? []);
    return error;
  }

  return {
    apply(step, guarded) {
      const { applyDirection, rateFactor, largestDirection, diagnose } = guarded;
      if (!areKnown) measure();
      const rate = optimizer.learningRate * rateFactor;
      if (!advance(bounds, optimizer, { direction: largestDirection, rate, step }))
        return applyWatched(step, guarded);
      return applyDirection(step, rateFactor) ? null : diagnose();
    },
    forget() {
      areKnown = false;
    },
  };
}

/**
 * Moves the bounds as far as the formulas of src/kernels/training/optimizers.ts and adaptive-optimizers.ts can lead. False, and no bound is moved, where
 * these, or what is computed on the way, might overflow.
 */
function advance(
  bounds: Bounds,
  optimizer: Optimizer,
  { direction, rate, step }: { readonly direction: number; readonly rate: number; readonly step: number },
): boolean {
  const { name, weightDecay } = optimizer;
  const isDecoupled = name === "adamw";
  const d = direction + (isDecoupled ? 0 : weightDecay * bounds.params);
  const shrink = isDecoupled ? Math.abs(1 - rate * weightDecay) : 1;
  let { first, second } = bounds;
  let move = 0;
  let factor = rate;
  switch (name) {
    case "sgd": {
      const { momentum, nesterov } = optimizer;
      first = momentum * first + d;
      move = nesterov ? d + momentum * first : first;
      break;
    }
    case "adam":
    case "adamw": {
      const { beta1, beta2, epsilon } = optimizer;
      const correction = 1 - beta1 ** step;
      first = beta1 * first + (1 - beta1) * d;
      second = beta2 * second + (1 - beta2) * d * d;
      move = quotient(first, epsilon) / correction;
      factor = rate / correction;
      break;
    }
    case "rmsprop": {
      const { decay, epsilon } = optimizer;
      first = decay * first + (1 - decay) * d * d;
      move = quotient(d, epsilon);
      break;
    }
    case "adagrad":
      first += d * d;
      move = quotient(d, optimizer.epsilon);
      break;
    default:
      return optimizer satisfies never;
  }
  first *= slack;
  second *= slack;
  const params = (shrink * bounds.params + rate * move) * slack;
  const square = name === "sgd" ? d : d * d;
  if (!(Math.max(params, first, second, d, square, move, rate, factor, weightDecay, shrink) < limit))
    return false;
  bounds.params = params;
  bounds.first = first;
  bounds.second = second;
  return true;
}

/** The roots of squares in the divisor may be 0; epsilon as float32 too. */
function quotient(value: number, epsilon: number): number {
  return Math.fround(epsilon) === 0 ? Infinity : value / epsilon;
}
