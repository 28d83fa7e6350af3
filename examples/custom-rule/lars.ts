import type { CustomRule } from "edgeprop";

export interface LarsOptions {
  /** The paper's eta: how far a layer moves, as a part of the length of its params, at learning rate 1. */
  readonly trust: number;
  /** The paper's beta. */
  readonly weightDecay: number;
}

/**
 * Layer-wise adaptive rate scaling (You, Gitman & Ginsburg 2017, equations 4 to 6): with the gradient g of a layer's
 * params w, the direction is trust |w| / (|g| + weightDecay |w|) (g + weightDecay w).
 */
export function lars({ trust, weightDecay }: LarsOptions): CustomRule {
  return {
    name: "custom",
    title: `lars, trust ${trust}, weightDecay ${weightDecay}`,
    direction({ direction, params }) {
      const size = norm(params);
      const divisor = norm(direction) + weightDecay * size;
      const rate = divisor > 0 ? (trust * size) / divisor : 0;
      for (const [i, gradient] of direction.entries())
        direction[i] = rate * (gradient + weightDecay * (params[i] ?? 0));
    },
  };
}

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
