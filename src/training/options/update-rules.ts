import { checkObject } from "../../checks/check-options.ts";
import { parseRuleSpec } from "../../model/index.ts";
import type { BackpropRule, PlacedLayer, ProxPropRule, RuleSpec } from "../../model/index.ts";
import { checkCustomRule } from "./custom-rule.ts";
import type { UpdateRule } from "./types.ts";

/** The direction is the gradient. */
export function backprop(): BackpropRule {
  return { name: "backprop" };
}

export interface ProxPropOptions {
  /** The prox step size: larger is a bigger step. */
  readonly tau: number;
  /** Default "exact". */
  readonly proxSolver?: ProxPropRule["proxSolver"];
  /** For proxSolver "cg", which needs it: iterations a step. */
  readonly cgIterations?: number;
  /** Default "mean". */
  readonly reduction?: ProxPropRule["reduction"];
  /** Default "explicit". */
  readonly lastLayer?: ProxPropRule["lastLayer"];
}

/** Proximal Backpropagation: exact prox steps, or conjugate gradients towards them. Throws `bad-option`. */
export function proxProp(options: ProxPropOptions): ProxPropRule {
  const rule = { name: "proxprop", ...options } as const;
  // Fills in the defaults.
  return parseRuleSpec(rule, "") as ProxPropRule;
}

/** Throws what `parseRuleSpec` throws: a rule may come as JSON. */
export function completeUpdateRule(rule: UpdateRule): UpdateRule {
  checkObject("rule", rule);
  if (rule.name !== "custom") return parseRuleSpec(rule, "rule");
  checkCustomRule(rule);
  return rule;
}

/**
 * The rule that makes a layer's direction: its own, else the trainer's, of which `lastLayer` may say that the last
 * layer whose params are linear in its input takes the plain gradient. All others do, whatever the rule.
 */
export function ruleOf<R extends UpdateRule>(
  { spec }: PlacedLayer,
  { rule, isLast }: { readonly rule: R; readonly isLast: boolean },
): R | RuleSpec {
  if ("rule" in spec && spec.rule !== undefined) return spec.rule;
  return rule.name === "proxprop" && isLast && rule.lastLayer === "explicit" ? backprop() : rule;
}
