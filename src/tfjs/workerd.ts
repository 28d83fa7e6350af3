import type { LayersModel } from "@tensorflow/tfjs-layers";
import { loadKernels } from "../workerd.ts";
import type { ModelSpec, Platform, PredictorOptions, TrainerOptions } from "../workerd.ts";
import { createTfjsPredictorWith, createTfjsTrainerWith } from "./index.ts";
import type { TfjsPredictor, TfjsTrainer } from "./index.ts";

export * from "./index.ts";

/** As for the trainer on wasm: the clock of a deployed Worker moves when it waits. */
const platform: Platform = {
  loadKernels,
  clock: { now: () => performance.now(), movesInPauses: true },
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
