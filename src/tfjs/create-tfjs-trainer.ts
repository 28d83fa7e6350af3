import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { countParams, describeModel, parseModelSpec } from "../model/index.ts";
import type { ModelSpec } from "../model/index.ts";
import { createArena, planBuffers } from "../runtime/index.ts";
import type { LoadKernels } from "../runtime/index.ts";
import { createBatchLoader } from "../training/batches/batch-loader.ts";
import { drawParams, loadModule } from "../training/trainer/create-trainer.ts";
import type { Platform, TrainerOptions } from "../training/index.ts";
import { toPlatform } from "../training/options/platform.ts";
import { completeOptions } from "../training/options/trainer-options.ts";
import type { CompleteTrainerOptions } from "../training/options/trainer-options.ts";
import { batchBuffers, createDeviceBatches } from "./device-batches.ts";
import { isLayersModel, readLayersModel } from "./layers-model.ts";
import { createLayerParams, listParams } from "./params.ts";
import { proxSystems } from "./prox.ts";
import { solverBuffers } from "./solver.ts";
import { createTfjsStepper } from "./stepper.ts";
import { assertDense, assertSupported } from "./supported.ts";
import { createTrainerOnTfjs } from "./tfjs-trainer.ts";
import type { TfjsTrainer } from "./tfjs-trainer.ts";

/**
 * A trainer on tfjs's current backend, which is to stay the current one; platform entries bind `platform`.
 * A tf.LayersModel is trained in place, from the weights that it has: its variables are the trainer's params.
 */
export async function createTfjsTrainerWith(
  platform: Platform | LoadKernels,
  model: ModelSpec | LayersModel,
  options: TrainerOptions,
): Promise<TfjsTrainer> {
  await tf.ready();
  const read = isLayersModel(model)
    ? readLayersModel(model, options.loss)
    : { model: parseModelSpec(model), params: null };
  const complete: CompleteTrainerOptions = completeOptions(read.model, options);
  assertDense(read.model);
  assertSupported(complete, read.model);
  const module = await loadModule(toPlatform(platform).loadKernels, complete.deterministic);

  const layers = describeModel(read.model);
  const form = {
    inputSize: layers[0]?.inputSize ?? 0,
    outputSize: layers.at(-1)?.outputSize ?? 0,
    loss: complete.loss,
    ...(complete.classWeights === undefined ? {} : { classWeights: complete.classWeights }),
  };
  const systems = proxSystems(layers, { ...complete, rows: complete.batchSize });
  const buffers = [
    ...batchBuffers(form, complete.batchSize),
    ...solverBuffers(systems.filter((system) => system !== null)),
  ];
  const arena = createArena(module, planBuffers(buffers));
  const loader = createBatchLoader(arena, form);
  const layerParams = read.params ?? createLayerParams(read.model);
  const trainer = createTrainerOnTfjs({
    model: read.model,
    options: complete,
    params: listParams(layerParams),
    numParams: countParams(read.model),
    outputSize: form.outputSize,
    loader,
    platform: toPlatform(platform),
    batches: createDeviceBatches(arena, loader, form),
    stepper: createTfjsStepper({ arena, model: read.model, params: layerParams, options: complete }),
  });
  if (complete.params !== undefined) await trainer.setParams(complete.params);
  else if (read.params === null) await trainer.setParams(drawFlatParams(module, read.model, complete.seed));
  return trainer;
}

/** The initial params of the wasm trainer, drawn in a memory of their own. */
function drawFlatParams(module: WebAssembly.Module, model: ModelSpec, seed: number): Float32Array {
  const arena = createArena(module, planBuffers([{ name: "params", bytes: 4 * countParams(model) }]));
  drawParams(arena, model, seed);
  return arena.floats("params").slice();
}
