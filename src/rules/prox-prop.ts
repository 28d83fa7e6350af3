import { build } from "../kinds/build.ts";
import type { FieldReader } from "../checks/field-reader.ts";
import { EdgepropError } from "../errors.ts";
import type { RuleType } from "../kinds/rule-type.ts";
import { backprop, backpropRule } from "./backprop.ts";

/**
 * Proximal Backpropagation (Frerix et al., ICLR 2018): each layer takes an implicit step.
 * tau is the prox step size: as tau -> 0 the direction tends to tau x gradient.
 */
export interface ProxPropRule {
  readonly name: "proxprop";
  readonly tau: number;
  /** "cg": `cgIterations` of conjugate gradients from D = 0, every output with its own step lengths. */
  readonly proxSolver: "exact" | "cg";
  /** There with "cg" alone. */
  readonly cgIterations?: number;
  /** "mean": (A^T A / n + I / tau) D = A^T G, tau means the same at any batch size. "sum": (A^T A + I / tau) D = A^T G, as in the paper. */
  readonly reduction: "mean" | "sum";
  /** "explicit": the last layer takes the plain gradient, as in the paper; not where the rule is the layer's own. */
  readonly lastLayer: "explicit" | "prox";
}

export interface ProxPropOptions {
  /** The prox step size: larger is a bigger step. */
  readonly tau: number;
  /** Default "exact". */
  readonly proxSolver?: ProxPropRule["proxSolver"];
  /** For proxSolver "cg", which needs it: iterations per step. */
  readonly cgIterations?: number;
  /** Default "mean". */
  readonly reduction?: ProxPropRule["reduction"];
  /** Default "explicit". */
  readonly lastLayer?: ProxPropRule["lastLayer"];
}

/**
 * Proximal Backpropagation: exact prox steps, or conjugate gradients towards them. Throws `bad-option`.
 *
 * @example
 * const options = { rule: proxProp({ tau: 1 }), optimizer: sgd({ learningRate: 2 }) };
 */
export function proxProp(options: ProxPropOptions): ProxPropRule {
  return build(proxPropRule, options, "rule");
}

export const proxPropRule: RuleType<ProxPropRule> = {
  name: "proxprop",

  parse(fields) {
    fields.allowOnly(["name", "tau", "proxSolver", "cgIterations", "reduction", "lastLayer"]);
    return {
      name: "proxprop",
      tau: fields.number("tau", { above: 0 }),
      ...parseSolver(fields),
      reduction: fields.oneOf("reduction", ["mean", "sum"], "mean"),
      lastLayer: fields.oneOf("lastLayer", ["explicit", "prox"], "explicit"),
    };
  },

  onLastLayer: (spec) =>
    spec.lastLayer === "explicit" ? { type: backpropRule, spec: backprop() } : { type: proxPropRule, spec },

  side: (spec, { layer, matrix }) => layer.type.linear?.side(matrix, spec.cgIterations) ?? null,

  cgIterations: ({ cgIterations = null }) => cgIterations,

  // The dual side filters G; the others make a direction of their own.
  isProduct: (_, side) => side === null || side === "dual",

  /** mean: (A^T A / n + I / tau) D = A^T G, multiplied by n. */
  direction({ tau, reduction }, layer) {
    if (layer.side === null) return layer.gradient();
    const scale = reduction === "mean" ? layer.examples : 1;
    return layer.solution({ damping: scale / tau, scale });
  },
};

function parseSolver(fields: FieldReader): Pick<ProxPropRule, "proxSolver" | "cgIterations"> {
  const proxSolver = fields.oneOf("proxSolver", ["exact", "cg"], "exact");
  const hasIterations = fields.has("cgIterations");
  if (proxSolver === "cg" && hasIterations)
    return { proxSolver, cgIterations: fields.positiveInteger("cgIterations") };
  if (proxSolver === "exact" && !hasIterations) return { proxSolver };
  const path = fields.pathOf("cgIterations");
  throw new EdgepropError(
    "bad-option",
    hasIterations
      ? `${path} is ${JSON.stringify(fields.raw("cgIterations"))} beside proxSolver "exact"; it is for "cg"`
      : `${path} is missing; proxSolver "cg" needs it`,
  );
}
