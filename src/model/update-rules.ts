import { EdgepropError } from "../errors.ts";
import { readFields } from "../checks/field-reader.ts";
import type { FieldReader } from "../checks/field-reader.ts";

/** An update rule as plain JSON: what a RunSpec, a checkpoint or a layer carries. Built by `backprop()` and `proxProp()`. */
export type RuleSpec = BackpropRule | ProxPropRule;

export interface BackpropRule {
  readonly name: "backprop";
}

/**
 * Proximal Backpropagation (Frerix et al., ICLR 2018): each layer takes an implicit step.
 * tau is the prox step size: as tau -> 0 the direction tends to tau x gradient.
 */
export interface ProxPropRule {
  readonly name: "proxprop";
  readonly tau: number;
  /** "cg": so many iterations of conjugate gradients from D = 0, every output with its own step lengths. */
  readonly proxSolver: "exact" | "cg";
  /** Of "cg" alone. */
  readonly cgIterations?: number;
  /** "mean": (A^T A / n + I / tau) D = A^T G, tau means the same at any batch size. "sum": (A^T A + I / tau) D = A^T G, as in the paper. */
  readonly reduction: "mean" | "sum";
  /** "explicit": the last layer takes the plain gradient, as in the paper; not where the rule is the layer's own. */
  readonly lastLayer: "explicit" | "prox";
}

/**
 * A rule from untrusted JSON, the trainer's or a layer's own. Throws `bad-option`, or `unsupported` for what another
 * version may know, naming the field.
 */
export function parseRuleSpec(value: unknown, path: string): RuleSpec {
  const fields = readFields(value, path);
  const name = known(fields, "name", ["backprop", "proxprop"]);
  switch (name) {
    case "backprop":
      fields.allowOnly(["name"]);
      return { name };
    case "proxprop":
      fields.allowOnly(["name", "tau", "proxSolver", "cgIterations", "reduction", "lastLayer"]);
      return {
        name,
        tau: fields.number("tau", { above: 0 }),
        ...parseSolver(fields),
        reduction: fields.has("reduction") ? fields.oneOf("reduction", ["mean", "sum"]) : "mean",
        lastLayer: fields.has("lastLayer") ? fields.oneOf("lastLayer", ["explicit", "prox"]) : "explicit",
      };
    default:
      return name satisfies never;
  }
}

function parseSolver(fields: FieldReader): Pick<ProxPropRule, "proxSolver" | "cgIterations"> {
  const proxSolver = fields.has("proxSolver") ? known(fields, "proxSolver", ["exact", "cg"]) : "exact";
  if (proxSolver === "exact") {
    if (!fields.has("cgIterations")) return { proxSolver };
    const found = JSON.stringify(fields.raw("cgIterations"));
    throw new EdgepropError(
      "bad-option",
      `${fields.pathOf("cgIterations")} is ${found} beside proxSolver "exact"; it is for "cg"`,
    );
  }
  if (!fields.has("cgIterations"))
    throw new EdgepropError(
      "bad-option",
      `${fields.pathOf("cgIterations")} is missing; proxSolver "cg" needs it`,
    );
  return { proxSolver, cgIterations: fields.positiveInteger("cgIterations") };
}

/** As `oneOf`, but what is not known here may be known to another version: `unsupported`. */
function known<T extends string>(fields: FieldReader, key: string, allowed: readonly T[]): T {
  const value = fields.raw(key);
  if (typeof value !== "string" || allowed.some((each) => each === value)) return fields.oneOf(key, allowed);
  throw new EdgepropError(
    "unsupported",
    `${fields.pathOf(key)} is ${JSON.stringify(value)}; expected ${allowed.map((each) => `"${each}"`).join(" or ")}`,
  );
}
