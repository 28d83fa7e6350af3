import { build } from "../kinds/build.ts";
import type { OptimizerCall, OptimizerPart, OptimizerType } from "../kinds/optimizer-type.ts";
import { decayed, quotient } from "./reach.ts";

interface AdamFields {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/**
 * m = beta1 m + (1 - beta1) d; v = beta2 v + (1 - beta2) d^2;
 * params -= learningRate / (1 - beta1^step) m / (sqrt(v) / sqrt(1 - beta2^step) + epsilon)
 */
export interface AdamOptimizer extends AdamFields {
  readonly name: "adam";
  /** L2 penalty added to the direction. */
  readonly weightDecay: number;
}

export interface AdamwOptimizer extends AdamFields {
  readonly name: "adamw";
  /** Decoupled: params shrink by learningRate x weightDecay of themselves, beside the direction. */
  readonly weightDecay: number;
}

export interface AdamOptions {
  /** Default 0.001. */
  readonly learningRate?: number;
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** Default 0. */
  readonly weightDecay?: number;
}

export interface AdamwOptions extends Omit<AdamOptions, "weightDecay"> {
  /** Default 0.01. */
  readonly weightDecay?: number;
}

/**
 * Adam (Kingma & Ba 2015). Throws `bad-option`.
 *
 * @example
 * const optimizer = adam({ learningRate: 0.002 });
 */
export function adam(options: AdamOptions = {}): AdamOptimizer {
  return build(adamOptimizer, options, "optimizer");
}

/**
 * Adam with decoupled weight decay (Loshchilov & Hutter 2019). Throws `bad-option`.
 *
 * @example
 * const optimizer = adamw({ weightDecay: 0.05 });
 */
export function adamw(options: AdamwOptions = {}): AdamwOptimizer {
  return build(adamwOptimizer, options, "optimizer");
}

export const adamOptimizer: OptimizerType<AdamOptimizer> = /* @__PURE__ */ adamType("adam", {
  isDecoupled: false,
  weightDecay: 0,
});

export const adamwOptimizer: OptimizerType<AdamwOptimizer> = /* @__PURE__ */ adamType("adamw", {
  isDecoupled: true,
  weightDecay: 0.01,
});

/** The two differ in what weightDecay, of the given default, is applied to. */
function adamType<Name extends "adam" | "adamw">(
  name: Name,
  { isDecoupled, weightDecay: byDefault }: { readonly isDecoupled: boolean; readonly weightDecay: number },
): OptimizerType<AdamFields & { readonly name: Name; readonly weightDecay: number }> {
  return {
    name,
    state: () => ["moment1", "moment2"],

    parse(fields) {
      fields.allowOnly(["name", "learningRate", "beta1", "beta2", "epsilon", "weightDecay"]);
      return {
        name,
        learningRate: fields.number("learningRate", { above: 0, byDefault: 1e-3 }),
        beta1: fields.number("beta1", { from: 0, below: 1, byDefault: 0.9 }),
        beta2: fields.number("beta2", { from: 0, below: 1, byDefault: 0.999 }),
        epsilon: fields.number("epsilon", { above: 0, byDefault: 1e-8 }),
        weightDecay: fields.number("weightDecay", { from: 0, byDefault }),
      };
    },

    call({ beta1, beta2, epsilon, weightDecay }, part: OptimizerPart): OptimizerCall {
      const { kernels, rows, columns, stride, direction, params, state } = part;
      const [m = 0, v = 0] = state;
      const kernel = kernels[name];
      return (step, learningRate) =>
        kernel(
          rows,
          columns,
          stride,
          learningRate,
          beta1,
          beta2,
          epsilon,
          weightDecay,
          step,
          direction,
          m,
          v,
          params,
        ) === 1;
    },

    bound({ beta1, beta2, epsilon, weightDecay }, before, move) {
      const d = isDecoupled ? move.direction : decayed(before, move, weightDecay);
      const shrink = isDecoupled ? Math.abs(1 - move.learningRate * weightDecay) : 1;
      const [m = 0, v = 0] = before.state;
      const correction = 1 - beta1 ** move.step;
      const first = beta1 * m + (1 - beta1) * d;
      const second = beta2 * v + (1 - beta2) * d * d;
      const step = quotient(first, epsilon) / correction;
      return {
        params: shrink * before.params + move.learningRate * step,
        state: [first, second],
        largest: Math.max(d, d * d, step, shrink, move.learningRate / correction),
      };
    },
  };
}
