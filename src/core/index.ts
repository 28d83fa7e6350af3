/**
 * The public API without any set: a model is made with the sets that it is handed, and a bundle holds the code of what
 * these name.
 */
export * from "../public.ts";
export { allActivations } from "../activations/index.ts";
export * from "../layers/index.ts";
export {
  allLosses,
  huberLoss,
  meanSquaredErrorLoss,
  sigmoidCrossEntropyLoss,
  softmaxCrossEntropyLoss,
} from "../losses/index.ts";
export { paramsLayout, parseModel, sequential } from "../model/index.ts";
export type { SequentialOptions } from "../model/index.ts";
export {
  adagradOptimizer,
  adamOptimizer,
  adamwOptimizer,
  allOptimizers,
  rmspropOptimizer,
  sgdOptimizer,
} from "../optimizers/index.ts";
export { allRules, backpropRule, proxPropRule } from "../rules/index.ts";
export {
  allSchedules,
  constantScheduleType,
  cosineScheduleType,
  stepScheduleType,
} from "../schedules/index.ts";
export { allSets } from "../sets/all.ts";
export { denseSets } from "../sets/dense-only.ts";
export {
  createPredictorWith,
  createTrainerWith,
  decodeCheckpoint,
  planMemory,
  restoreTrainerWith,
  summarize,
} from "../training/index.ts";
