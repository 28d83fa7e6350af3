import { z } from "zod";
import type { OptimizerSpec, RuleSpec, Sets } from "../../src/index.ts";
import { bindRule, parseModel } from "../../src/model/index.ts";
import type { Model } from "../../src/model/index.ts";
import { bindLoss, bindOptimizer } from "../../src/training/index.ts";
import type { Loss } from "../../src/training/index.ts";

export const count = (max: number) => z.int().min(1).max(max);
export const rate = z.number().positive().max(1e6);

/** What the library's own parsers read stays theirs: a schema hands over to them, and puts their message in its place. */
const parsedBy = <T>(parse: (value: unknown) => T) =>
  z.unknown().transform((value, context): T => {
    try {
      return parse(value);
    } catch (error) {
      context.addIssue(error instanceof Error ? error.message : String(error));
      return z.NEVER;
    }
  });

/** The schemas of what a RunSpec and a fine-tuning call have in common, by the names that the sets have. */
export function trainingSchemas(sets: Sets) {
  return {
    model: parsedBy<Model>((value) => parseModel(value, sets)),
    /** A name stays one. */
    loss: parsedBy<Loss>((value) => {
      const { spec } = bindLoss(value, sets);
      return typeof value === "string" ? spec.name : spec;
    }),
    rule: parsedBy<RuleSpec>((value) => bindRule(value, "rule", sets.rules).spec),
    optimizer: parsedBy<OptimizerSpec>((value) => bindOptimizer(value, sets).spec),
  };
}
