import type { LayersModel } from "@tensorflow/tfjs-layers";
import { loadKernels } from "../node.ts";
import type { ModelSpec, Platform, PredictorOptions, TrainerOptions } from "../node.ts";
import { createTfjsPredictorWith, createTfjsTrainerWith } from "./index.ts";
import type { TfjsPredictor, TfjsTrainer } from "./index.ts";

export * from "./index.ts";
export { loadTfjsBackend, tfjsBackends } from "./node-backend.ts";
export type { TfjsBackend, TfjsBackendName } from "./node-backend.ts";

/** A clock on the wall: a device's computing is not this thread's. */
const platform: Platform = {
  loadKernels,
  clock: { now: () => performance.now() },
};

/**
 * On tfjs's current backend. Throws `bad-option`, `bad-shape`, `unsupported` or `kernels-unavailable`.
 *
 * @example
 * ```ts no-run
 * await loadTfjsBackend("cpu");
 * const options = { loss: "huber", rule: backprop(), optimizer: sgd({ learningRate: 0.1 }), batchSize: 8 };
 * const onDevice = await createTfjsTrainer(model, options);
 * ```
 */
export function createTfjsTrainer(
  model: ModelSpec | LayersModel,
  options: TrainerOptions,
): Promise<TfjsTrainer> {
  return createTfjsTrainerWith(platform, model, options);
}

/**
 * What evaluates and predicts on tfjs's current backend. Throws what createTfjsTrainer does.
 *
 * @example
 * ```ts no-run
 * await loadTfjsBackend("cpu");
 * const predictor = await createTfjsPredictor(model, { loss: "huber", batchSize: 8 });
 * ```
 */
export function createTfjsPredictor(
  model: ModelSpec | LayersModel,
  options: PredictorOptions,
): Promise<TfjsPredictor> {
  return createTfjsPredictorWith(platform, model, options);
}
