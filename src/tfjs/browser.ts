import type { LayersModel } from "@tensorflow/tfjs-layers";
import { loadKernels } from "../browser.ts";
import type { ModelSpec, Platform, PredictorOptions, TrainerOptions } from "../browser.ts";
import { createTfjsPredictorWith, createTfjsTrainerWith } from "./index.ts";
import type { TfjsPredictor, TfjsTrainer } from "./index.ts";

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

/** What evaluates and predicts on tfjs's current backend. Throws what createTfjsTrainer does. */
export function createTfjsPredictor(
  model: ModelSpec | LayersModel,
  options: PredictorOptions,
): Promise<TfjsPredictor> {
  return createTfjsPredictorWith(platform, model, options);
}
