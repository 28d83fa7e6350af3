import { linked } from "../kinds/link.ts";
import type { RuleType } from "../kinds/rule-type.ts";

/** The direction is the gradient. */
export interface BackpropRule {
  readonly name: "backprop";
}

/**
 * Plain backpropagation: the direction is the gradient.
 *
 * @example
 * const options = { rule: backprop(), optimizer: sgd({ learningRate: 0.1 }) };
 */
export function backprop(): BackpropRule {
  return linked({ name: "backprop" }, backpropRule);
}

export const backpropRule: RuleType<BackpropRule> = {
  name: "backprop",
  parse(fields) {
    fields.allowOnly(["name"]);
    return backprop();
  },
  isProduct: () => true,
  direction: (_, layer) => layer.gradient(),
};
