import { createPredictorWith, createTrainerWith, restoreTrainerWith } from "./index.ts";
import type {
  ModelSpec,
  PlannedPredictor,
  Platform,
  PredictorOptions,
  ResumableTrainer,
  RestoreOptions,
  TrainerOptions,
  WithSets,
} from "./index.ts";
import { workerdHost } from "./platforms/workerd.ts";
import { chooseKernelsBuild } from "./runtime/index.ts";
import type { LoadKernelsOptions } from "./runtime/index.ts";
import relaxedSimd from "./wasm/relaxed-simd.wasm";
import simd from "./wasm/simd.wasm";

export * from "./index.ts";

/** The compiled kernels: modules of the bundle, because a Worker may not compile bytes. */
export function loadKernels(options?: LoadKernelsOptions): WebAssembly.Module {
  return chooseKernelsBuild(options) === "simd" ? simd : relaxedSimd;
}

const platform: Platform = { loadKernels, ...workerdHost };

/**
 * Throws `bad-option`, `bad-shape`, `out-of-memory` or `kernels-unavailable`.
 *
 * @example
 * ```ts
 * const model = sequential({ input: [784] }, [dense(128, { activation: "relu" }), dense(10)]);
 * const trainer = await createTrainer(model, {
 *   loss: "softmaxCrossEntropy",
 *   rule: proxProp({ tau: 1 }),
 *   optimizer: sgd({ learningRate: 2 }),
 *   batchSize: 32,
 * });
 * ```
 */
export function createTrainer(model: ModelSpec, options: TrainerOptions): Promise<ResumableTrainer> {
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
export function createPredictor(model: ModelSpec, options: PredictorOptions): Promise<PlannedPredictor> {
  return createPredictorWith(platform, model, options);
}

/** The trainer that `checkpoint` was written by, here or elsewhere. Throws `bad-file`, `bad-option`, `unsupported`, `non-finite`, `out-of-memory` or `kernels-unavailable`. */
export function restoreTrainer(
  checkpoint: Uint8Array,
  options?: RestoreOptions & WithSets,
): Promise<ResumableTrainer> {
  return restoreTrainerWith(platform, checkpoint, options);
}
