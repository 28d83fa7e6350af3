import type { RuleType } from "edgeprop";

/** What a RunSpec, a checkpoint or a trainer's options carry. */
export interface LarsRule {
  readonly name: "lars";
  /** The paper's eta: how far a layer moves, as a part of the length of its params, at learning rate 1. */
  readonly trust: number;
  /** The paper's beta. */
  readonly weightDecay: number;
}

export function lars(options: Omit<LarsRule, "name">): LarsRule {
  return { name: "lars", ...options };
}

/**
 * Layer-wise adaptive rate scaling (You, Gitman & Ginsburg 2017, equations 4 to 6): with the gradient g of a layer's
 * params w, the direction is trust |w| / (|g| + weightDecay |w|) (g + weightDecay w).
 */
export const larsRule: RuleType<LarsRule> = {
  name: "lars",

  parse(fields) {
    fields.allowOnly(["name", "trust", "weightDecay"]);
    return lars({
      trust: fields.number("trust", { above: 0 }),
      weightDecay: fields.number("weightDecay", { from: 0, byDefault: 0 }),
    });
  },

  direction: ({ trust, weightDecay }, layer) => [
    ...layer.gradient(),
    () => {
      const { direction, params } = layer.values();
      const size = norm(params);
      const divisor = norm(direction) + weightDecay * size;
      const rate = divisor > 0 ? (trust * size) / divisor : 0;
      for (const [i, gradient] of direction.entries())
        direction[i] = rate * (gradient + weightDecay * (params[i] ?? 0));
    },
  ],
};

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
