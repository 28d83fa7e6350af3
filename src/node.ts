import { readFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { createTrainerWith, restoreTrainerWith } from "./index.ts";
import type { ModelSpec, Platform, ResumableTrainer, RestoreOptions, TrainerOptions } from "./index.ts";
import { chooseKernelsBuild } from "./runtime/index.ts";
import type { LoadKernelsOptions } from "./runtime/index.ts";

export * from "./index.ts";

/** The compiled kernels, read from beside this file. */
export function loadKernels(options?: LoadKernelsOptions): WebAssembly.Module {
  return new WebAssembly.Module(
    readFileSync(new URL(`./wasm/${chooseKernelsBuild(options)}.wasm`, import.meta.url)),
  );
}

/** This thread's computing time where Node can tell it (from 23.9 on), else the wall clock. */
const platform: Platform = {
  loadKernels,
  clock: {
    now() {
      if (typeof process.threadCpuUsage !== "function") return performance.now();
      // Linux updates a thread's time at its ticks, milliseconds apart, and whenever somebody asks for the process's time.
      process.cpuUsage();
      const { user, system } = process.threadCpuUsage();
      return (user + system) / 1000;
    },
  },
  pause: () => setImmediate(),
};

/** Throws `bad-option`, `bad-shape`, `out-of-memory` or `kernels-unavailable`. */
export function createTrainer(model: ModelSpec, options: TrainerOptions): Promise<ResumableTrainer> {
  return createTrainerWith(platform, model, options);
}

/** Restores the trainer that wrote `checkpoint`, here or elsewhere. Throws `bad-file`, `bad-option`, `unsupported`, `non-finite`, `out-of-memory` or `kernels-unavailable`. */
export function restoreTrainer(checkpoint: Uint8Array, options?: RestoreOptions): Promise<ResumableTrainer> {
  return restoreTrainerWith(platform, checkpoint, options);
}
