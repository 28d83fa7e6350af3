import type { LayersModel } from "@tensorflow/tfjs-layers";
import { loadKernels } from "../workerd.ts";
import type { ModelSpec, Platform, TrainerOptions } from "../workerd.ts";
import { createTfjsTrainerWith } from "./index.ts";
import type { TfjsTrainer } from "./index.ts";

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
