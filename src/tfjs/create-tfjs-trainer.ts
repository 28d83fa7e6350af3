import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { toModel } from "../index.ts";
import type { ModelSpec } from "../index.ts";
import { planLayers } from "../model/index.ts";
import type { Model } from "../model/index.ts";
import { createArena, planBuffers } from "../runtime/index.ts";
import type { Arena, BufferRequest, LoadKernels } from "../runtime/index.ts";
import { startOfEpochs } from "../training/batches/epoch-cursor.ts";
import { createBatchLoader } from "../training/batches/batch-loader.ts";
import type { Platform, Predictor, PredictorOptions, Trainer, TrainerOptions } from "../training/index.ts";
import { toPlatform } from "../training/options/platform.ts";
import { readPredictorOptions, readTrainerOptions } from "../training/options/trainer-options.ts";
import type { ReadOptions } from "../training/options/trainer-options.ts";
import { drawParamsWith, loadModule } from "../training/trainer/draw-params.ts";
import { createPredictorOn } from "../training/trainer/predictor.ts";
import { createTrainerOn } from "../training/trainer/trainer.ts";
import { batchBuffers, createDeviceBatches } from "./engine/device-batches.ts";
import type { DeviceBatches } from "./engine/device-batches.ts";
import { isLayersModel, readLayersModel } from "./layers-model.ts";
import { forward, layersOf } from "./engine/network.ts";
import { createLayerParams, listParams } from "./engine/params.ts";
import type { LayerParams } from "./engine/params.ts";
import { proxSystems } from "./engine/prox.ts";
import { solverBuffers } from "./engine/solver.ts";
import { createTfjsStepper } from "./engine/stepper.ts";
import { assertDense, assertPredictable, assertSupported } from "./supported.ts";
import { createTfjsEngine, createTfjsPredictions } from "./engine/tfjs-engine.ts";

/** A Trainer whose tensors lie on tfjs's backend; a tf.LayersModel that it has trained keeps its weights when it is disposed of. */
export type TfjsTrainer = Trainer;

/** What evaluates and predicts on tfjs's current backend. */
export type TfjsPredictor = Predictor;

/**
 * A trainer on tfjs's current backend, which is to stay the current one; platform entries bind `platform`.
 * A tf.LayersModel is trained in place, from the weights that it has: its variables are the trainer's params.
 *
 * @example
 * ```ts no-run
 * await loadTfjsBackend("cpu");
 * const options = { loss: "huber", rule: backprop(), optimizer: sgd({ learningRate: 0.1 }), batchSize: 8 };
 * const onDevice = await createTfjsTrainerWith(loadKernels, model, options);
 * ```
 */
export async function createTfjsTrainerWith(
  given: Platform | LoadKernels,
  trained: ModelSpec | LayersModel,
  trainerOptions: TrainerOptions,
): Promise<TfjsTrainer> {
  const { model, own } = await open(trained, trainerOptions);
  const { loadKernels, ...platform } = toPlatform(given);
  const options = readTrainerOptions(model, trainerOptions);
  assertSupported(options, model);
  const { batchSize, learning } = options;
  const systems = proxSystems(planLayers(model, { ...learning, batchSize }), { rows: batchSize, batchSize });
  const buffers = solverBuffers(systems.filter((system) => system !== null));
  const parts = await createParts(loadKernels, model, { options, own, buffers });
  const { arena, params } = parts;
  const engine = createTfjsEngine(model, {
    ...parts,
    params: listParams(params),
    stepper: createTfjsStepper({ arena, model, params, options }),
  });
  const { trainer } = createTrainerOn(engine, { model, options, cursor: startOfEpochs, platform });
  await begin(trainer, loadKernels, { options, own });
  return trainer;
}

/**
 * What evaluates and predicts on tfjs's current backend, without a rule and an optimizer.
 *
 * @example
 * ```ts no-run
 * await loadTfjsBackend("cpu");
 * const predictor = await createTfjsPredictorWith(loadKernels, model, { loss: "huber", batchSize: 8 });
 * ```
 */
export async function createTfjsPredictorWith(
  given: Platform | LoadKernels,
  trained: ModelSpec | LayersModel,
  predictorOptions: PredictorOptions,
): Promise<TfjsPredictor> {
  const { model, own } = await open(trained, predictorOptions);
  const { loadKernels } = toPlatform(given);
  const options = readPredictorOptions(model, predictorOptions);
  assertPredictable(options);
  const parts = await createParts(loadKernels, model, { options, own, buffers: [] });
  const { params } = parts;
  const engine = createTfjsPredictions(model, {
    ...parts,
    params: listParams(params),
    stepper: {
      forward: (inputs) => forward(layersOf(model, params), inputs).at(-1) ?? inputs,
      dispose: () => {},
    },
  });
  const { predictor } = createPredictorOn(engine, model, options);
  await begin(predictor, loadKernels, { options, own });
  return predictor;
}

interface Opened {
  readonly model: Model;
  /** The variables of a tf.LayersModel; null: params of the trainer's own. */
  readonly own: readonly LayerParams[] | null;
}

async function open(trained: ModelSpec | LayersModel, { loss }: PredictorOptions): Promise<Opened> {
  await tf.ready();
  const read = isLayersModel(trained) ? readLayersModel(trained, loss) : { model: trained, params: null };
  const model = toModel(read.model);
  assertDense(model);
  return { model, own: read.params };
}

interface Preparation extends Pick<Opened, "own"> {
  readonly options: ReadOptions;
  /** What is computed on the host needs these beside the batches. */
  readonly buffers: readonly BufferRequest[];
}

/** The host's memory, by way of which batches go to the device, and the params there. */
async function createParts(
  loadKernels: LoadKernels,
  model: Model,
  { options, own, buffers }: Preparation,
): Promise<{ arena: Arena; options: ReadOptions; params: readonly LayerParams[]; batches: DeviceBatches }> {
  const module = await loadModule(loadKernels, options.deterministic);
  const arena = createArena(module, planBuffers([...batchBuffers(model, options), ...buffers]));
  const loader = createBatchLoader(arena, model, options);
  const { inputSize, outputSize } = model;
  return {
    arena,
    options,
    params: own ?? createLayerParams(model),
    batches: createDeviceBatches(arena, loader, { inputSize, outputSize, loss: options.loss }),
  };
}

/** The params to start from: those given, those of the user's model, or drawn ones. */
async function begin(
  predictor: Predictor,
  loadKernels: LoadKernels,
  { options, own }: Omit<Preparation, "buffers">,
): Promise<void> {
  if (options.params !== undefined) await predictor.setParams(options.params);
  else if (own === null)
    await predictor.setParams(await drawParamsWith({ loadKernels }, predictor.model, options));
}
