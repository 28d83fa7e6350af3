import { allSets } from "edgeprop";
import type { RuleContext, RuleType, RuleValues, Sets } from "edgeprop";

/** A rule of a user's own: backprop whose direction `change` writes over, layer by layer, from the last one on. */
export function changedBackprop(
  name: string,
  change: (values: RuleValues, layer: RuleContext) => void,
): RuleType {
  return {
    name,
    parse(fields) {
      fields.allowOnly(["name"]);
      return { name };
    },
    direction: (_, layer) => [...layer.gradient(), () => change(layer.values(), layer)],
  };
}

/** Edgeprop's sets with one rule more. */
export function setsWithRule(rule: RuleType): Sets {
  return { ...allSets, rules: { ...allSets.rules, [rule.name]: rule } };
}
