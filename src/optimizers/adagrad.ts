import { build } from "../kinds/build.ts";
import type { OptimizerType } from "../kinds/optimizer-type.ts";
import { decayed, quotient } from "./reach.ts";

/** s += d^2; params -= learningRate d / (sqrt(s) + epsilon) */
export interface AdagradOptimizer {
  readonly name: "adagrad";
  readonly learningRate: number;
  readonly epsilon: number;
  /** L2 penalty added to the direction. */
  readonly weightDecay: number;
}

export interface AdagradOptions {
  /** Default 0.01. */
  readonly learningRate?: number;
  /** Default 1e-10. */
  readonly epsilon?: number;
  /** Default 0. */
  readonly weightDecay?: number;
}

/**
 * Adagrad (Duchi, Hazan & Singer 2011): each param's step is divided by the root of the sum of all its squared
 * directions. Throws `bad-option`.
 *
 * @example
 * const optimizer = adagrad({ learningRate: 0.05 });
 */
export function adagrad(options: AdagradOptions = {}): AdagradOptimizer {
  return build(adagradOptimizer, options, "optimizer");
}

export const adagradOptimizer: OptimizerType<AdagradOptimizer> = {
  name: "adagrad",

  parse(fields) {
    fields.allowOnly(["name", "learningRate", "epsilon", "weightDecay"]);
    return {
      name: "adagrad",
      learningRate: fields.number("learningRate", { above: 0, byDefault: 1e-2 }),
      epsilon: fields.number("epsilon", { above: 0, byDefault: 1e-10 }),
      weightDecay: fields.number("weightDecay", { from: 0, byDefault: 0 }),
    };
  },

  state: () => ["squares"],

  call(spec, { kernels, rows, columns, stride, direction, params, state: [squares = 0] }) {
    const { epsilon, weightDecay } = spec;
    return (_, learningRate) =>
      kernels.adagrad(
        rows,
        columns,
        stride,
        learningRate,
        epsilon,
        weightDecay,
        direction,
        squares,
        params,
      ) === 1;
  },

  bound({ epsilon, weightDecay }, before, move) {
    const d = decayed(before, move, weightDecay);
    const step = quotient(d, epsilon);
    return {
      params: before.params + move.learningRate * step,
      state: [(before.state[0] ?? 0) + d * d],
      largest: Math.max(d, d * d, step),
    };
  },
};
