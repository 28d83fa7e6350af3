import { createTrainerWith, EdgepropError, restoreTrainerWith } from "./index.ts";
import type { ModelSpec, Platform, ResumableTrainer, RestoreOptions, TrainerOptions } from "./index.ts";
import { chooseKernelsBuild } from "./runtime/index.ts";
import type { LoadKernelsOptions } from "./runtime/index.ts";

export * from "./index.ts";

/** The compiled kernels, fetched from beside this file. */
export async function loadKernels(options?: LoadKernelsOptions): Promise<WebAssembly.Module> {
  const response = await fetch(urlOf(chooseKernelsBuild(options)));
  if (!response.ok)
    throw new EdgepropError("kernels-unavailable", `${response.url} answered ${response.status}`);
  // compileStreaming would need a server that sends the type application/wasm.
  return WebAssembly.compile(await response.arrayBuffer());
}

/** Bundlers find and copy the files by these whole literals. */
function urlOf(build: "simd" | "relaxed-simd"): URL {
  return build === "simd"
    ? new URL("./wasm/simd.wasm", import.meta.url)
    : new URL("./wasm/relaxed-simd.wasm", import.meta.url);
}

const platform: Platform = { loadKernels, clock: { now: () => performance.now() } };

/** Throws `bad-option`, `bad-shape`, `out-of-memory` or `kernels-unavailable`. */
export function createTrainer(model: ModelSpec, options: TrainerOptions): Promise<ResumableTrainer> {
  return createTrainerWith(platform, model, options);
}

/** Restores the trainer that wrote `checkpoint`, here or elsewhere. Throws `bad-file`, `bad-option`, `unsupported`, `non-finite`, `out-of-memory` or `kernels-unavailable`. */
export function restoreTrainer(checkpoint: Uint8Array, options?: RestoreOptions): Promise<ResumableTrainer> {
  return restoreTrainerWith(platform, checkpoint, options);
}
