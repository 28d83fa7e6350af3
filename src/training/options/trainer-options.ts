import { checkOptions, describeValue, typeName } from "../../checks/check-options.ts";
import { toBoolean, toNumberWithin, toPositiveInteger } from "../../checks/field-reader.ts";
import { EdgepropError } from "../../errors.ts";
import type { BoundLoss, LossSpec, LossType } from "../../kinds/loss-type.ts";
import type { Optimizer, OptimizerSpec, OptimizerType } from "../../kinds/optimizer-type.ts";
import type { Rule } from "../../kinds/rule-type.ts";
import type { Schedule, ScheduleSpec, ScheduleType } from "../../kinds/schedule-type.ts";
import { bindSpec, findIn } from "../../kinds/sets.ts";
import type { Sets } from "../../kinds/sets.ts";
import { bindRule } from "../../model/index.ts";
import type { Model } from "../../model/index.ts";
import { completeTrainable } from "./trainable.ts";
import type { PredictorOptions, TrainerOptions } from "./trainer-types.ts";

/** A trainer's options, read once: every name is bound to its object, every default filled in. */
export interface ReadOptions {
  readonly loss: BoundLoss;
  readonly batchSize: number;
  readonly seed: number;
  readonly deterministic: boolean;
  readonly classWeights?: readonly number[];
  readonly budgetBytes?: number;
  /** What it starts from; by default drawn from the seed. */
  readonly params?: Float32Array;
  /** Null: prediction and evaluation alone. */
  readonly learning: LearningOptions | null;
}

export interface LearningOptions {
  readonly rule: Rule;
  readonly optimizer: Optimizer;
  readonly schedule: Schedule | null;
  readonly clipNorm?: number;
  /** Indices of the layers that train, in order. */
  readonly trainable: readonly number[];
}

export type TrainingOptions = ReadOptions & { readonly learning: LearningOptions };

const predictorFields = [
  "loss",
  "batchSize",
  "seed",
  "deterministic",
  "params",
  "budgetBytes",
  "classWeights",
] as const satisfies readonly (keyof PredictorOptions)[];

export const trainerFields = [
  ...predictorFields,
  "rule",
  "optimizer",
  "trainable",
  "schedule",
  "clipNorm",
] as const satisfies readonly (keyof TrainerOptions)[];

/** Fills in the defaults, in this one place, and checks everything a trainer takes for granted. */
export function readTrainerOptions(model: Model, options: TrainerOptions): TrainingOptions {
  const { clipNorm, trainable } = checkOptions(options, "createTrainer", trainerFields);
  return {
    ...readCommon(model, options),
    learning: {
      ...bindLearning(model.sets, options),
      ...(clipNorm === undefined ? {} : { clipNorm: toNumberWithin(clipNorm, "clipNorm", { above: 0 }) }),
      trainable: completeTrainable(model, trainable),
    },
  };
}

export function readPredictorOptions(model: Model, options: PredictorOptions): ReadOptions {
  return { ...readCommon(model, checkOptions(options, "createPredictor", predictorFields)), learning: null };
}

/** The rule, the optimizer and the schedule, each with its object. Throws `bad-option` or `unsupported`. */
export function bindLearning(
  sets: Sets,
  { rule, optimizer, schedule }: Readonly<Partial<Record<"rule" | "optimizer" | "schedule", unknown>>>,
): Pick<LearningOptions, "rule" | "optimizer" | "schedule"> {
  return {
    rule: bindRule(rule, "rule", sets.rules),
    optimizer: bindOptimizer(optimizer, sets),
    schedule:
      schedule === undefined
        ? null
        : bindSpec<ScheduleSpec, ScheduleType>(sets.schedules, schedule, { path: "schedule" }),
  };
}

/** Throws `bad-option` or `unsupported`, naming the field. */
export function bindOptimizer(optimizer: unknown, { optimizers }: Pick<Sets, "optimizers">): Optimizer {
  return bindSpec<OptimizerSpec, OptimizerType>(optimizers, optimizer, { path: "optimizer" });
}

/** Either form of a loss, from untrusted JSON as well. Throws `bad-option`, naming the field. */
export function bindLoss(loss: unknown, { losses }: Pick<Sets, "losses">): BoundLoss {
  const isName = typeof loss === "string";
  if (isName) findIn(losses, loss, { path: "loss" });
  return bindSpec<LossSpec, LossType>(losses, isName ? { name: loss } : loss, {
    path: "loss",
    code: "bad-option",
  });
}

function readCommon(model: Model, options: PredictorOptions): Omit<ReadOptions, "learning"> {
  const { seed = 1, deterministic = true, batchSize, params, budgetBytes, classWeights } = options;
  const loss = bindLoss(options.loss, model.sets);
  checkClassWeights(model, loss, classWeights);
  toPositiveInteger(batchSize, "batchSize");
  toBoolean(deterministic, "deterministic");
  if (!Number.isSafeInteger(seed))
    throw new EdgepropError("bad-option", `seed is ${String(seed)}; expected an integer`);
  checkLastActivation(model, loss);
  if (params !== undefined) checkParams(params, model.numParams);
  return {
    loss,
    batchSize,
    seed,
    deterministic,
    ...(params === undefined ? {} : { params }),
    ...(budgetBytes === undefined ? {} : { budgetBytes }),
    ...(classWeights === undefined ? {} : { classWeights }),
  };
}

/** A loss on logits applies the sigmoid itself. */
function checkLastActivation({ placed }: Model, { type, spec }: BoundLoss): void {
  const last = placed.findLast((layer) => layer.type.keepsRange !== true);
  if (type.outputs !== "logits" || last?.activation?.name !== "sigmoid") return;
  throw new EdgepropError(
    "bad-option",
    `${spec.name} applies the sigmoid itself; the last layer's activation is "sigmoid"; expected "linear"`,
  );
}

function checkClassWeights(
  { outputSize: classes }: Model,
  { type, spec }: BoundLoss,
  classWeights: readonly number[] | undefined,
): void {
  if (classWeights === undefined) return;
  if (type.targets(spec) !== "indices") {
    throw new EdgepropError("bad-option", "classWeights are for class indices; weigh the examples instead");
  }
  if (!Array.isArray(classWeights) || classWeights.length !== classes) {
    throw new EdgepropError(
      "bad-option",
      `classWeights is ${describeValue(classWeights)}; expected a list of ${classes} numbers, one per class`,
    );
  }
  for (const [index, weight] of classWeights.entries())
    toNumberWithin(weight, `classWeights[${index}]`, { from: 0, below: 2 ** 127 });
}

/** Throws `bad-shape`; whether the values are finite is for the kernels to see. */
export function checkParams(params: Float32Array, expected: number): void {
  if (!(params instanceof Float32Array)) {
    throw new EdgepropError(
      "bad-shape",
      `params are of type ${typeName(params)}; expected a Float32Array of ${expected}`,
    );
  }
  if (params.length === expected) return;
  throw new EdgepropError("bad-shape", `${params.length} params; the model has ${expected}`);
}
