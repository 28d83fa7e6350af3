import { z } from "zod";
import { completeLoss, parseModelSpec } from "../../src/model/index.ts";
import type { Loss, ModelSpec } from "../../src/model/index.ts";

/** The schemas of what a RunSpec and a fine-tuning call have in common. */

export const count = (max: number) => z.int().min(1).max(max);
export const rate = z.number().positive().max(1e6);

/** The architecture and the loss have one parser each, whoever asks. */
const parsedBy = <T>(parse: (value: unknown) => T) =>
  z.unknown().transform((value, context): T => {
    try {
      return parse(value);
    } catch (error) {
      context.addIssue(error instanceof Error ? error.message : String(error));
      return z.NEVER;
    }
  });

export const model = parsedBy<ModelSpec>(parseModelSpec);
/** A name stays one. */
export const loss = parsedBy<Loss>((value) => {
  const complete = completeLoss(value);
  return typeof value === "string" ? complete.name : complete;
});

export const rule = z.discriminatedUnion("name", [
  z.strictObject({ name: z.literal("backprop") }),
  z
    .strictObject({
      name: z.literal("proxprop"),
      tau: rate,
      proxSolver: z.enum(["exact", "cg"]).default("exact"),
      cgIterations: z.exactOptional(count(10_000)),
      reduction: z.enum(["mean", "sum"]).default("mean"),
      lastLayer: z.enum(["explicit", "prox"]).default("explicit"),
    })
    .refine(({ proxSolver, cgIterations }) => (proxSolver === "cg") === (cgIterations !== undefined), {
      path: ["cgIterations"],
      error: 'expected beside proxSolver "cg", and only there',
    }),
]);

const fraction = z.number().min(0).lt(1);

export const optimizer = z.discriminatedUnion("name", [
  z.strictObject({
    name: z.literal("sgd"),
    learningRate: rate,
    momentum: fraction.default(0),
    nesterov: z.boolean().default(false),
    weightDecay: z.number().min(0).max(1e6).default(0),
  }),
  z.strictObject({
    name: z.literal("adam"),
    learningRate: rate,
    beta1: fraction.default(0.9),
    beta2: fraction.default(0.999),
    epsilon: z.number().positive().default(1e-8),
    weightDecay: z.number().min(0).max(1e6).default(0),
  }),
  z.strictObject({
    name: z.literal("adamw"),
    learningRate: rate,
    beta1: fraction.default(0.9),
    beta2: fraction.default(0.999),
    epsilon: z.number().positive().default(1e-8),
    weightDecay: z.number().min(0).max(1e6).default(0.01),
  }),
  z.strictObject({
    name: z.literal("rmsprop"),
    learningRate: rate,
    decay: fraction.default(0.99),
    epsilon: z.number().positive().default(1e-8),
    weightDecay: z.number().min(0).max(1e6).default(0),
  }),
  z.strictObject({
    name: z.literal("adagrad"),
    learningRate: rate,
    epsilon: z.number().positive().default(1e-10),
    weightDecay: z.number().min(0).max(1e6).default(0),
  }),
]);
