import { EdgepropError } from "../errors.ts";
import { checkNumber, checkOneOf, checkPositiveInteger } from "./checks.ts";
import type { BackpropRule, ProxPropRule, UpdateRule } from "./options.ts";

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
export function proxProp({
  tau,
  proxSolver = "exact",
  cgIterations,
  reduction = "mean",
  lastLayer = "explicit",
}: ProxPropOptions): ProxPropRule {
  const rule = {
    name: "proxprop",
    tau,
    proxSolver,
    ...(cgIterations === undefined ? {} : { cgIterations }),
    reduction,
    lastLayer,
  } as const;
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
      checkProxSolver(rule);
      return;
    default:
      throw unsupported("the update rule", rule satisfies never, `"backprop" or "proxprop"`);
  }
}

function checkProxSolver({ proxSolver, cgIterations }: ProxPropRule): void {
  switch (proxSolver) {
    case "exact":
      if (cgIterations === undefined) return;
      throw new EdgepropError(
        "bad-option",
        `cgIterations is ${JSON.stringify(cgIterations)} beside proxSolver "exact"; it is for "cg"`,
      );
    case "cg":
      if (cgIterations === undefined)
        throw new EdgepropError("bad-option", `cgIterations is missing; proxSolver "cg" needs it`);
      checkPositiveInteger("cgIterations", cgIterations);
      return;
    default:
      throw unsupported("proxSolver", proxSolver satisfies never, `"exact" or "cg"`);
  }
}

function unsupported(name: string, value: unknown, expected: string): EdgepropError {
  return new EdgepropError("unsupported", `${name} is ${JSON.stringify(value)}; expected ${expected}`);
}
