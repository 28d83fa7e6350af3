import type { LayersModel } from "@tensorflow/tfjs-layers";
import { loadKernels } from "../browser.ts";
import type { ModelSpec, Platform, TrainerOptions } from "../browser.ts";
import { createTfjsTrainerWith } from "./index.ts";
import type { TfjsTrainer } from "./index.ts";

export * from "./index.ts";

/** A clock on the wall: a device's computing is not this thread's. */
const platform: Platform = {
  loadKernels,
  clock: { now: () => performance.now() },
};

/** On tfjs's current backend. Throws `bad-option`, `bad-shape`, `unsupported` or `kernels-unavailable`. */
export function createTfjsTrainer(
  model: ModelSpec | LayersModel,
  options: TrainerOptions,
): Promise<TfjsTrainer> {
  return createTfjsTrainerWith(platform, model, options);
}
