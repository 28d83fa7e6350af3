import type { LayersModel } from "@tensorflow/tfjs-layers";
import { loadKernels } from "../workerd.ts";
import type { ModelSpec, TrainerOptions } from "../workerd.ts";
import { createTfjsTrainerWith } from "./index.ts";
import type { TfjsTrainer } from "./index.ts";

export * from "./index.ts";

/** On tfjs's current backend. Throws `bad-option`, `bad-shape`, `unsupported` or `kernels-unavailable`. */
export function createTfjsTrainer(
  model: ModelSpec | LayersModel,
  options: TrainerOptions,
): Promise<TfjsTrainer> {
  return createTfjsTrainerWith(loadKernels, model, options);
}
