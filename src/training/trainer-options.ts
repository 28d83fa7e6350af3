import { EdgepropError } from "../errors.ts";
import { countParams, describeModel, lastWithParams, losses, parseModelSpec } from "../model/index.ts";
import type { ModelSpec } from "../model/index.ts";
import { checkOneOf, checkPositiveInteger } from "./checks.ts";
import { checkOptimizer } from "./optimizers.ts";
import { completeTrainable } from "./trainable.ts";
import type { TrainerOptions } from "./types.ts";
import { checkUpdateRule } from "./update-rules.ts";

export type CompleteTrainerOptions = TrainerOptions &
  Required<Pick<TrainerOptions, "seed" | "deterministic" | "trainable">>;

/** Fills in the defaults, in this one place, and checks everything a trainer takes for granted. */
export function completeOptions(model: ModelSpec, options: TrainerOptions): CompleteTrainerOptions {
  parseModelSpec(model);
  const { seed = 1, deterministic = true, loss, rule, optimizer, batchSize, params } = options;
  checkOneOf("loss", loss, losses);
  checkUpdateRule(rule);
  checkOptimizer(optimizer);
  checkPositiveInteger("batchSize", batchSize);
  if (!Number.isSafeInteger(seed))
    throw new EdgepropError("bad-option", `seed is ${String(seed)}; expected an integer`);
  const last = lastWithParams(describeModel(model))?.spec;
  const endsInSigmoid = last !== undefined && "activation" in last && last.activation === "sigmoid";
  if (loss === "sigmoidCrossEntropy" && endsInSigmoid) {
    throw new EdgepropError(
      "bad-option",
      `sigmoidCrossEntropy applies the sigmoid itself; the last layer's activation is "sigmoid", expected "linear"`,
    );
  }
  if (params !== undefined) checkParams(params, countParams(model));
  const trainable = completeTrainable(model, options.trainable);
  return { ...options, seed, deterministic, trainable };
}

/** Throws `bad-shape`; whether the values are finite is for the kernels to see. */
export function checkParams(params: Float32Array, expected: number): void {
  if (params.length === expected) return;
  throw new EdgepropError("bad-shape", `${params.length} params; the model has ${expected}`);
}
