import { checkObject, checkOptions, describeValue, typeName } from "../../checks/check-options.ts";
import { EdgepropError } from "../../errors.ts";
import { completeLoss, countParams, describeModel, parseModelSpec, takesIndices } from "../../model/index.ts";
import type { LayerSpec, LossSpec, ModelSpec } from "../../model/index.ts";
import { checkBoolean, checkNumber, checkPositiveInteger } from "../../checks/check-values.ts";
import { checkOptimizer } from "./optimizers.ts";
import { checkSchedule } from "./schedules.ts";
import { completeTrainable } from "./trainable.ts";
import type { TrainerOptions } from "./trainer-types.ts";
import { completeUpdateRule } from "./update-rules.ts";

export type CompleteTrainerOptions = TrainerOptions &
  Required<Pick<TrainerOptions, "seed" | "deterministic" | "trainable">> & { readonly loss: LossSpec };

/** Layers that leave a probability one. */
const shaping: readonly LayerSpec["type"][] = [
  "maxPool2d",
  "avgPool2d",
  "globalAvgPool2d",
  "globalAvgPool1d",
  "flatten",
  "dropout",
];

const trainerOptionNames: readonly (keyof TrainerOptions)[] = [
  "loss",
  "rule",
  "optimizer",
  "batchSize",
  "seed",
  "deterministic",
  "params",
  "trainable",
  "budgetBytes",
  "customLayers",
  "classWeights",
  "schedule",
  "clipNorm",
];

/** Fills in the defaults, in this one place, and checks everything a trainer takes for granted. */
export function completeOptions(model: ModelSpec, options: TrainerOptions): CompleteTrainerOptions {
  parseModelSpec(model);
  checkOptions(options, "createTrainer", trainerOptionNames);
  const { seed = 1, deterministic = true, optimizer, batchSize, params, schedule, clipNorm } = options;
  const loss = completeLoss(options.loss);
  const rule = completeUpdateRule(options.rule);
  checkOptimizer(optimizer);
  if (schedule !== undefined) checkSchedule(schedule);
  if (clipNorm !== undefined) checkNumber("clipNorm", clipNorm, { above: 0 });
  checkClassWeights(model, loss, options.classWeights);
  checkPositiveInteger("batchSize", batchSize);
  checkBoolean("deterministic", deterministic);
  if (options.customLayers !== undefined) checkObject("customLayers", options.customLayers);
  if (!Number.isSafeInteger(seed))
    throw new EdgepropError("bad-option", `seed is ${String(seed)}; expected an integer`);
  const last = model.layers.findLast(({ type }) => !shaping.includes(type));
  const endsInSigmoid = last !== undefined && "activation" in last && last.activation === "sigmoid";
  if (loss.name === "sigmoidCrossEntropy" && endsInSigmoid) {
    throw new EdgepropError(
      "bad-option",
      `sigmoidCrossEntropy applies the sigmoid itself; the last layer's activation is "sigmoid", expected "linear"`,
    );
  }
  if (params !== undefined) checkParams(params, countParams(model));
  const trainable = completeTrainable(model, options.trainable);
  return { ...options, loss, rule, seed, deterministic, trainable };
}

function checkClassWeights(
  model: ModelSpec,
  loss: LossSpec,
  classWeights: readonly number[] | undefined,
): void {
  if (classWeights === undefined) return;
  if (!takesIndices(loss)) {
    throw new EdgepropError(
      "bad-option",
      "classWeights are for softmaxCrossEntropy with class indices; weigh the examples instead",
    );
  }
  const classes = describeModel(model).at(-1)?.outputSize ?? 0;
  if (!Array.isArray(classWeights) || classWeights.length !== classes) {
    throw new EdgepropError(
      "bad-option",
      `classWeights is ${describeValue(classWeights)}; expected a list of ${classes} numbers, one a class`,
    );
  }
  for (const [index, weight] of classWeights.entries())
    checkNumber(`classWeights[${index}]`, weight, { from: 0, below: 2 ** 127 });
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
