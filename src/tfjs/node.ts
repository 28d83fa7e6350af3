import type { LayersModel } from "@tensorflow/tfjs-layers";
import { loadKernels } from "../node.ts";
import type { ModelSpec, Platform, TrainerOptions } from "../node.ts";
import { createTfjsTrainerWith } from "./index.ts";
import type { TfjsTrainer } from "./index.ts";

export * from "./index.ts";
export { loadTfjsBackend, tfjsBackends } from "./node-backend.ts";
export type { TfjsBackend, TfjsBackendName } from "./node-backend.ts";

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
