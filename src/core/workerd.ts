import { createPredictorWith, createTrainerWith, restoreTrainerWith } from "../training/index.ts";
import type { Sets } from "../kinds/sets.ts";
import type { Model } from "../model/index.ts";
import { workerdHost } from "../platforms/workerd.ts";
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
import relaxedSimd from "../wasm/relaxed-simd.wasm";
import simd from "../wasm/simd.wasm";

export * from "./index.ts";

/** The compiled kernels: modules of the bundle, because a Worker may not compile bytes. */
export function loadKernels(options?: LoadKernelsOptions): WebAssembly.Module {
  return chooseKernelsBuild(options) === "simd" ? simd : relaxedSimd;
}

const platform: Platform = { loadKernels, ...workerdHost };

/** Throws `bad-option`, `unsupported`, `bad-shape`, `out-of-memory` or `kernels-unavailable`. */
export function createTrainer(model: Model, options: TrainerOptions): Promise<ResumableTrainer> {
  return createTrainerWith(platform, model, options);
}

/** What evaluates and predicts, without a rule, an optimizer and memory for gradients. Throws what createTrainer does. */
export function createPredictor(model: Model, options: PredictorOptions): Promise<PlannedPredictor> {
  return createPredictorWith(platform, model, options);
}

/** The trainer that `checkpoint` was written by, its names looked up in `sets`. Throws `bad-file`, `bad-option`, `unsupported`, `non-finite`, `out-of-memory` or `kernels-unavailable`. */
export function restoreTrainer(
  checkpoint: Uint8Array,
  options: RestoreOptions & { readonly sets: Sets },
): Promise<ResumableTrainer> {
  return restoreTrainerWith(platform, checkpoint, options);
}
