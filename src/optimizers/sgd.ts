import { build } from "../kinds/build.ts";
import type { OptimizerType } from "../kinds/optimizer-type.ts";
import { decayed } from "./reach.ts";

/** v = momentum v + d; params -= learningRate (nesterov ? d + momentum v : v) */
export interface SgdOptimizer {
  readonly name: "sgd";
  readonly learningRate: number;
  /** 0: plain SGD. */
  readonly momentum: number;
  readonly nesterov: boolean;
  /** L2 penalty added to the direction. */
  readonly weightDecay: number;
}

export interface SgdOptions {
  readonly learningRate: number;
  /** Default 0. */
  readonly weightDecay?: number;
}

export interface MomentumOptions extends SgdOptions {
  /** Default 0.9. */
  readonly momentum?: number;
}

// Options are spread, so that a misspelt one is in the spec and is refused there by its name.
function complete(options: object): SgdOptimizer {
  return build(sgdOptimizer, options, "optimizer");
}

/**
 * Gradient descent: params -= learningRate x direction. Throws `bad-option`.
 *
 * @example
 * const optimizer = sgd({ learningRate: 0.1 });
 */
export function sgd(options: SgdOptions): SgdOptimizer {
  return complete(options);
}

/**
 * Gradient descent with heavy-ball momentum. Throws `bad-option`.
 *
 * @example
 * const optimizer = momentum({ learningRate: 0.1, momentum: 0.9 });
 */
export function momentum(options: MomentumOptions): SgdOptimizer {
  return complete({ momentum: 0.9, ...options });
}

/**
 * Gradient descent with Nesterov's momentum. Throws `bad-option`.
 *
 * @example
 * const optimizer = nesterov({ learningRate: 0.1 });
 */
export function nesterov(options: MomentumOptions): SgdOptimizer {
  return complete({ momentum: 0.9, nesterov: true, ...options });
}

export const sgdOptimizer: OptimizerType<SgdOptimizer> = {
  name: "sgd",

  parse(fields) {
    fields.allowOnly(["name", "learningRate", "momentum", "nesterov", "weightDecay"]);
    return {
      name: "sgd",
      learningRate: fields.number("learningRate", { above: 0 }),
      momentum: fields.number("momentum", { from: 0, below: 1, byDefault: 0 }),
      nesterov: fields.boolean("nesterov", false),
      weightDecay: fields.number("weightDecay", { from: 0, byDefault: 0 }),
    };
  },

  state: (spec) => (spec.momentum === 0 ? [] : ["velocity"]),

  call(spec, { kernels, rows, columns, stride, direction, params, state: [velocity] }) {
    const { weightDecay, nesterov: isNesterov } = spec;
    if (velocity === undefined) {
      return (_, learningRate) =>
        kernels.sgd(rows, columns, stride, learningRate, weightDecay, direction, params) === 1;
    }
    return (_, learningRate) =>
      kernels.momentum(
        rows,
        columns,
        stride,
        learningRate,
        spec.momentum,
        isNesterov ? 1 : 0,
        weightDecay,
        direction,
        velocity,
        params,
      ) === 1;
  },

  bound(spec, before, move) {
    const d = decayed(before, move, spec.weightDecay);
    const velocity = spec.momentum * (before.state[0] ?? 0) + d;
    const step = spec.nesterov ? d + spec.momentum * velocity : velocity;
    return {
      params: before.params + move.learningRate * step,
      state: spec.momentum === 0 ? [] : [velocity],
      largest: Math.max(velocity, step),
    };
  },
};
