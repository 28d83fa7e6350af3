import { EdgepropError } from "../errors.ts";
import { checkNumber, checkOneOf } from "./checks.ts";
import type { BackpropRule, ProxPropRule, UpdateRule } from "./options.ts";

/** The direction is the gradient. */
export function backprop(): BackpropRule {
  return { name: "backprop" };
}

export interface ProxPropOptions {
  /** The prox step size: larger is a bigger step. */
  readonly tau: number;
  /** Default "mean". */
  readonly reduction?: ProxPropRule["reduction"];
  /** Default "explicit". */
  readonly lastLayer?: ProxPropRule["lastLayer"];
}

/** Proximal Backpropagation with exact prox steps. Throws `bad-option`. */
export function proxProp({ tau, reduction = "mean", lastLayer = "explicit" }: ProxPropOptions): ProxPropRule {
  const rule = { name: "proxprop", tau, proxSolver: "exact", reduction, lastLayer } as const;
  checkUpdateRule(rule);
  return rule;
}

/** Throws `bad-option`, or `unsupported` for what another version may know: a rule may come as JSON. */
export function checkUpdateRule(rule: UpdateRule): void {
  switch (rule.name) {
    case "backprop":
      return;
    case "proxprop":
      checkNumber("tau", rule.tau, { above: 0 });
      checkOneOf("reduction", rule.reduction, ["mean", "sum"]);
      checkOneOf("lastLayer", rule.lastLayer, ["explicit", "prox"]);
      if (rule.proxSolver !== "exact") throw unsupported("proxSolver", rule.proxSolver, `"exact"`);
      return;
    default:
      throw unsupported("the update rule", rule satisfies never, `"backprop" or "proxprop"`);
  }
}

function unsupported(name: string, value: unknown, expected: string): EdgepropError {
  return new EdgepropError("unsupported", `${name} is ${JSON.stringify(value)}; expected ${expected}`);
}
