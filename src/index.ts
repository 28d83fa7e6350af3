/** The public API with everything, the same on every platform: what comes as JSON is read with all sets. */
import type { LayerSpec } from "./kinds/layer-type.ts";
import type { Sets } from "./kinds/sets.ts";
import * as models from "./model/index.ts";
import type { Model, ModelSpec, ParamsLayout } from "./model/index.ts";
import type { LoadKernels, MemoryPlan } from "./runtime/index.ts";
import { allSets } from "./sets/all.ts";
import * as training from "./training/index.ts";
import { toPlatform } from "./training/options/platform.ts";
import type {
  Checkpoint,
  MemoryPlanOptions,
  ModelSummary,
  PlannedPredictor,
  Platform,
  PredictorOptions,
  ResumableTrainer,
  RestoreOptions,
  TrainerOptions,
} from "./training/index.ts";

export * from "./public.ts";
export {
  avgPool2d,
  batchNorm,
  conv2d,
  depthwiseConv2d,
  dropout,
  embedding,
  flatten,
  globalAvgPool1d,
  globalAvgPool2d,
  layerNorm,
  maxPool2d,
} from "./layers/index.ts";
export type * from "./layers/index.ts";
export { allSets } from "./sets/all.ts";

/** What a name in JSON stands for, where it is not what edgeprop calls so. */
export interface WithSets {
  /** Default: all that edgeprop knows. */
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
  return models.sequential({ sets: allSets, ...options }, layers);
}

/**
 * A model from untrusted JSON; throws `bad-option` or `bad-shape`, naming the path, what is there and what should be.
 *
 * @example
 * ```ts
 * const parsed = parseModelSpec(JSON.parse('{ "input": [4], "layers": [{ "type": "dense", "units": 2 }] }'));
 * console.log(parsed.numParams); // 10
 * ```
 */
export function parseModelSpec(value: unknown, { sets = allSets }: WithSets = {}): Model {
  return models.parseModel(value, sets);
}

/**
 * Where each layer's weights and bias lie in the flat params, in order.
 *
 * @example const names = paramsLayout(model).map(({ name }) => name);
 */
export function paramsLayout(model: ModelSpec): ParamsLayout {
  return models.paramsLayout(toModel(model));
}

/**
 * Layers, shapes, params and bytes of a model; its toString is a table. Throws `bad-option`.
 *
 * @example console.log(summarize(model).params); // 22
 */
export function summarize(
  model: ModelSpec,
  options?: { readonly trainable?: readonly number[] },
): ModelSummary {
  return training.summarize(toModel(model), options);
}

/**
 * Every buffer that a trainer with these options would have. Throws `out-of-memory` when they exceed the budget.
 *
 * @example
 * ```ts
 * const options = { loss: "huber", rule: backprop(), optimizer: sgd({ learningRate: 0.1 }), batchSize: 8 };
 * const { totalBytes, buffers } = planMemory(model, options);
 * ```
 */
export function planMemory(model: ModelSpec, options: MemoryPlanOptions): MemoryPlan {
  return training.planMemory(toModel(model), options);
}

/**
 * A trainer on what the platform brings, or on kernels alone. The entry of each platform has `createTrainer`.
 *
 * @example
 * ```ts
 * const options = { loss: "huber", rule: backprop(), optimizer: sgd({ learningRate: 0.1 }), batchSize: 8 };
 * const ownTrainer = await createTrainerWith(loadKernels, model, options);
 * ```
 */
export async function createTrainerWith(
  platform: Platform | LoadKernels,
  model: ModelSpec,
  options: TrainerOptions,
): Promise<ResumableTrainer> {
  return training.createTrainerWith(toPlatform(platform), toModel(model), options);
}

/**
 * What evaluates and predicts, on what the platform brings.
 *
 * @example const predictor = await createPredictorWith(loadKernels, model, { loss: "huber", batchSize: 8 });
 */
export async function createPredictorWith(
  platform: Platform | LoadKernels,
  model: ModelSpec,
  options: PredictorOptions,
): Promise<PlannedPredictor> {
  return training.createPredictorWith(toPlatform(platform), toModel(model), options);
}

/**
 * The trainer that `checkpoint` was written by, on what the platform brings.
 *
 * @example const restored = await restoreTrainerWith(loadKernels, await trainer.checkpoint());
 */
export async function restoreTrainerWith(
  platform: Platform | LoadKernels,
  checkpoint: Uint8Array,
  options: RestoreOptions & WithSets = {},
): Promise<ResumableTrainer> {
  return training.restoreTrainerWith(toPlatform(platform), checkpoint, { sets: allSets, ...options });
}

/**
 * What a checkpoint holds. Throws `bad-file`, `unsupported` or `bad-option`.
 *
 * @example
 * ```ts
 * const { progress } = decodeCheckpoint(await trainer.checkpoint());
 * console.log(progress.stepsTaken); // 0
 * ```
 */
export function decodeCheckpoint(bytes: Uint8Array, options: RestoreOptions & WithSets = {}): Checkpoint {
  return training.decodeCheckpoint(bytes, { sets: allSets, ...options });
}

/**
 * A spec as a model; a model stays what it is.
 *
 * @example const { numParams, outputSize } = toModel({ input: [2], layers: [dense(3)] });
 */
export function toModel(model: ModelSpec): Model {
  return models.toModel(model, allSets);
}
