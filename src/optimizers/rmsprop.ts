import { build } from "../kinds/build.ts";
import type { OptimizerType } from "../kinds/optimizer-type.ts";
import { decayed, quotient } from "./reach.ts";

/** s = decay s + (1 - decay) d^2; params -= learningRate d / (sqrt(s) + epsilon) */
export interface RmspropOptimizer {
  readonly name: "rmsprop";
  readonly learningRate: number;
  /** Weight of what was in the mean of squares before: PyTorch's alpha. */
  readonly decay: number;
  readonly epsilon: number;
  /** L2 penalty added to the direction. */
  readonly weightDecay: number;
}

export interface RmspropOptions {
  /** Default 0.01. */
  readonly learningRate?: number;
  /** Weight of what was in the mean of squares before: PyTorch's alpha. Default 0.99. */
  readonly decay?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** Default 0. */
  readonly weightDecay?: number;
}

/**
 * RMSProp (Hinton 2012): each param's step is divided by the root of a running mean of its squared directions. Throws
 * `bad-option`.
 *
 * @example
 * const optimizer = rmsprop({ learningRate: 0.001 });
 */
export function rmsprop(options: RmspropOptions = {}): RmspropOptimizer {
  return build(rmspropOptimizer, options, "optimizer");
}

export const rmspropOptimizer: OptimizerType<RmspropOptimizer> = {
  name: "rmsprop",

  parse(fields) {
    fields.allowOnly(["name", "learningRate", "decay", "epsilon", "weightDecay"]);
    return {
      name: "rmsprop",
      learningRate: fields.number("learningRate", { above: 0, byDefault: 1e-2 }),
      decay: fields.number("decay", { from: 0, below: 1, byDefault: 0.99 }),
      epsilon: fields.number("epsilon", { above: 0, byDefault: 1e-8 }),
      weightDecay: fields.number("weightDecay", { from: 0, byDefault: 0 }),
    };
  },

  state: () => ["squares"],

  call(spec, { kernels, rows, columns, stride, direction, params, state: [squares = 0] }) {
    const { decay, epsilon, weightDecay } = spec;
    return (_, learningRate) =>
      kernels.rmsprop(
        rows,
        columns,
        stride,
        learningRate,
        decay,
        epsilon,
        weightDecay,
        direction,
        squares,
        params,
      ) === 1;
  },

  bound({ decay, epsilon, weightDecay }, before, move) {
    const d = decayed(before, move, weightDecay);
    const squares = decay * (before.state[0] ?? 0) + (1 - decay) * d * d;
    const step = quotient(d, epsilon);
    return {
      params: before.params + move.learningRate * step,
      state: [squares],
      largest: Math.max(d, d * d, step),
    };
  },
};
