/**
 * The public API of which a bundle holds what it names: layers, optimizers, rules and schedules come from their
 * builders, and where names come as JSON, sets are handed over.
 */
import type { LayerSpec } from "../kinds/layer-type.ts";
import type { Sets } from "../kinds/sets.ts";
import * as models from "../model/index.ts";
import type { Model } from "../model/index.ts";
import { namedSets } from "../sets/named.ts";

export * from "../public.ts";
export { allActivations, elementwise } from "../activations/index.ts";
export * from "../layers/index.ts";
export {
  allLosses,
  huberLoss,
  lossPerExample,
  meanSquaredErrorLoss,
  sigmoidCrossEntropyLoss,
  softmaxCrossEntropyLoss,
} from "../losses/index.ts";
export { paramsLayout, parseModel } from "../model/index.ts";
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
export { namedSets } from "../sets/named.ts";
export {
  createPredictorWith,
  createTrainerWith,
  decodeCheckpoint,
  planMemory,
  restoreTrainerWith,
  summarize,
} from "../training/index.ts";

/** What names in JSON stand for. */
export interface WithSets {
  /** Default: the activations and losses of edgeprop, which are called by their names, and nothing else. */
  readonly sets?: Sets;
}

/**
 * Layers one after the other. Throws `bad-option` or `bad-shape`, naming the layer.
 *
 * @example
 * const model = sequential({ input: [784] }, [dense(128, { activation: "relu" }), dense(10)]);
 */
export function sequential(
  options: { readonly input: readonly number[] } & WithSets,
  layers: readonly LayerSpec[],
): Model {
  return models.sequential({ sets: namedSets, ...options }, layers);
}
