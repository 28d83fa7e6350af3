import { createTrainerWith, restoreTrainerWith } from "./index.ts";
import type { ModelSpec, Platform, ResumableTrainer, RestoreOptions, TrainerOptions } from "./index.ts";
import { chooseKernelsBuild } from "./runtime/index.ts";
import type { LoadKernelsOptions } from "./runtime/index.ts";
import relaxedSimd from "./wasm/relaxed-simd.wasm";
import simd from "./wasm/simd.wasm";

export * from "./index.ts";

/** The compiled kernels. They are modules of the bundle, because a Worker may not compile bytes. */
export function loadKernels(options?: LoadKernelsOptions): WebAssembly.Module {
  return chooseKernelsBuild(options) === "simd" ? simd : relaxedSimd;
}

/**
 * A deployed Worker's clock stands still while code runs and moves when it waits. It moves all the time in local
 * workerd, where a pause does no harm.
 */
const platform: Platform = {
  loadKernels,
  clock: { now: () => performance.now(), movesInPauses: true },
};

/** Throws `bad-option`, `bad-shape`, `out-of-memory` or `kernels-unavailable`. */
export function createTrainer(model: ModelSpec, options: TrainerOptions): Promise<ResumableTrainer> {
  return createTrainerWith(platform, model, options);
}

/** Restores the trainer that wrote `checkpoint`, here or elsewhere. Throws `bad-file`, `bad-option`, `unsupported`, `non-finite`, `out-of-memory` or `kernels-unavailable`. */
export function restoreTrainer(checkpoint: Uint8Array, options?: RestoreOptions): Promise<ResumableTrainer> {
  return restoreTrainerWith(platform, checkpoint, options);
}
