import { createRandom } from "../data/index.ts";
import { EdgepropError, errorCode } from "../errors.ts";
import { countParams, describeModel, initializeParams } from "../model/index.ts";
import type { ModelSpec } from "../model/index.ts";
import { createArena } from "../runtime/index.ts";
import type { Arena, LoadKernels } from "../runtime/index.ts";
import { createBatchLoader } from "./batch-loader.ts";
import { createStepper } from "./stepper.ts";
import { planMemory } from "./plan-memory.ts";
import { completeOptions } from "./trainer-options.ts";
import type { Trainer, TrainerOptions } from "./types.ts";
import { createWasmTrainer } from "./wasm-trainer.ts";

/** A trainer on the wasm kernels that `loadKernels` hands over; platform entries bind theirs. */
export async function createTrainerWith(
  loadKernels: LoadKernels,
  model: ModelSpec,
  options: TrainerOptions,
): Promise<Trainer> {
  const complete = completeOptions(model, options);
  const plan = planMemory(model, complete);
  const arena = createArena(await load(loadKernels, complete.deterministic), plan);
  const layers = describeModel(model);
  const form = {
    inputSize: layers[0]?.inputSize ?? 0,
    outputSize: layers.at(-1)?.outputSize ?? 0,
    loss: complete.loss,
  };
  const trainer = createWasmTrainer({
    arena,
    model,
    options: complete,
    numParams: countParams(model),
    loader: createBatchLoader(arena, form),
    stepper: createStepper(arena, model, complete),
    outputSize: form.outputSize,
  });
  if (complete.params === undefined) drawParams(arena, model, complete.seed);
  else await trainer.setParams(complete.params);
  return trainer;
}

function drawParams(arena: Arena, model: ModelSpec, seed: number): void {
  const random = createRandom(seed, "params");
  initializeParams(model, {
    kernels: arena.kernels,
    params: arena.at("params"),
    drawSeed: () => random.uint32(),
  });
}

async function load(loadKernels: LoadKernels, deterministic: boolean): Promise<WebAssembly.Module> {
  try {
    return await loadKernels({ deterministic });
  } catch (cause) {
    if (errorCode(cause) !== undefined) throw cause;
    throw new EdgepropError("kernels-unavailable", `the wasm kernels could not be loaded: ${String(cause)}`, {
      cause,
    });
  }
}
