import { adam, backprop, nesterov, proxProp, sgd } from "../../src/node.ts";
import type { OptimizerSpec, RuleSpec } from "../../src/node.ts";

/** One cell of the grid: a rule by its name in the table, and how it is set. */
export interface Setting {
  readonly rule: "proxprop" | "backprop-sgd" | "backprop-nesterov" | "backprop-adam";
  /** In words. */
  readonly setting: string;
  readonly training: { readonly rule: RuleSpec; readonly optimizer: OptimizerSpec };
}

/**
 * For both alphas the best learning rate of every backprop rule lies between two others here: where a first scan found
 * it on an edge, the range was extended.
 */
export const grid: readonly Setting[] = [
  ...(
    [
      ["explicit", 1, [1, 2, 4]],
      ["explicit", 3, [2]],
      ["explicit", 10, [2]],
      ["prox", 10, [1]],
      ["prox", 30, [1]],
    ] as const
  ).flatMap(([lastLayer, tau, rates]) =>
    rates.map((learningRate): Setting => ({
      rule: "proxprop",
      setting: `tau ${tau}, learning rate ${learningRate}, last layer ${lastLayer}`,
      training: { rule: proxProp({ tau, lastLayer }), optimizer: sgd({ learningRate }) },
    })),
  ),
  ...plain("backprop-sgd", [0.1, 0.3, 0.5, 0.7, 1], sgd),
  ...plain("backprop-nesterov", [0.03, 0.05, 0.07, 0.1, 0.2], nesterov),
  ...plain("backprop-adam", [1e-3, 3e-3, 5e-3, 1e-2], adam),
];

function plain(
  rule: Setting["rule"],
  rates: readonly number[],
  toOptimizer: (options: { readonly learningRate: number }) => OptimizerSpec,
): Setting[] {
  return rates.map((learningRate) => ({
    rule,
    setting: `learning rate ${learningRate}`,
    training: { rule: backprop(), optimizer: toOptimizer({ learningRate }) },
  }));
}
