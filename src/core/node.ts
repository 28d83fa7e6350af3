import { createPredictorWith, createTrainerWith, restoreTrainerWith } from "../training/index.ts";
import type { Sets } from "../kinds/sets.ts";
import type { Model } from "../model/index.ts";
import { nodeHost, readKernels } from "../platforms/node.ts";
import { chooseKernelsBuild } from "../runtime/index.ts";
import type { LoadKernelsOptions } from "../runtime/index.ts";
import type {
  PlannedPredictor,
  Platform,
  PredictorOptions,
  ResumableTrainer,
  RestoreOptions,
  TrainerOptions,
} from "../training/index.ts";

export * from "./index.ts";

/**
 * The compiled kernels, read from beside this package.
 *
 * @example const module = loadKernels({ deterministic: false });
 */
export function loadKernels(options?: LoadKernelsOptions): WebAssembly.Module {
  return readKernels(new URL(`../wasm/${chooseKernelsBuild(options)}.wasm`, import.meta.url));
}

const platform: Platform = { loadKernels, ...nodeHost };

/**
 * Throws `bad-option`, `unsupported`, `bad-shape`, `out-of-memory` or `kernels-unavailable`.
 *
 * @example
 * ```ts
 * const model = sequential({ input: [784] }, [dense(128, { activation: "relu" }), dense(10)]);
 * const trainer = await createTrainer(model, {
 *   loss: "softmaxCrossEntropy",
 *   rule: backprop(),
 *   optimizer: sgd({ learningRate: 0.1 }),
 *   batchSize: 32,
 * });
 * ```
 */
export function createTrainer(model: Model, options: TrainerOptions): Promise<ResumableTrainer> {
  return createTrainerWith(platform, model, options);
}

/**
 * What evaluates and predicts, without a rule, an optimizer and memory for gradients. Throws what createTrainer does.
 *
 * @example
 * ```ts
 * const model = sequential({ input: [784] }, [dense(10)]);
 * const predictor = await createPredictor(model, { loss: "softmaxCrossEntropy", batchSize: 100 });
 * ```
 */
export function createPredictor(model: Model, options: PredictorOptions): Promise<PlannedPredictor> {
  return createPredictorWith(platform, model, options);
}

/**
 * The trainer that `checkpoint` was written by, its names looked up in `sets`. Throws `bad-file`, `bad-option`, `unsupported`, `non-finite`, `out-of-memory` or `kernels-unavailable`.
 *
 * @example
 * ```ts
 * const sets = { ...namedSets, layers: { dense: denseLayer }, optimizers: { sgd: sgdOptimizer }, rules: allRules };
 * const restored = await restoreTrainer(await trainer.checkpoint(), { sets });
 * ```
 */
export function restoreTrainer(
  checkpoint: Uint8Array,
  options: RestoreOptions & { readonly sets: Sets },
): Promise<ResumableTrainer> {
  return restoreTrainerWith(platform, checkpoint, options);
}
