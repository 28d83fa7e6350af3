import { createRandom } from "../../data/index.ts";
import { EdgepropError, errorCode } from "../../errors.ts";
import { countParams, describeModel, initializeParams, parseModelSpec } from "../../model/index.ts";
import type { ModelSpec } from "../../model/index.ts";
import { createArena } from "../../runtime/index.ts";
import type { Arena, LoadKernels } from "../../runtime/index.ts";
import { createBatchLoader } from "../batches/batch-loader.ts";
import { decodeCheckpoint, startOfTraining } from "../checkpoint/checkpoint.ts";
import type { Progress, RestoreOptions } from "../checkpoint/checkpoint.ts";
import { checkCustomLayers } from "../options/custom-layer.ts";
import { toPlatform } from "../options/platform.ts";
import type { Platform } from "../options/platform.ts";
import { createStepper } from "../step/run-steps.ts";
import type { Stepper } from "../step/run-steps.ts";
import { planMemory } from "../step/plan-memory.ts";
import { completeOptions } from "../options/trainer-options.ts";
import type { CompleteTrainerOptions } from "../options/trainer-options.ts";
import type { ResumableTrainer, TrainerOptions } from "../options/trainer-types.ts";
import { createWasmTrainer } from "./wasm-trainer.ts";

/** A trainer on the wasm kernels that the platform hands over; platform entries bind theirs. */
export async function createTrainerWith(
  platform: Platform | LoadKernels,
  spec: ModelSpec,
  options: TrainerOptions,
): Promise<ResumableTrainer> {
  // With the defaults that a spec as JSON may leave out.
  const model = parseModelSpec(spec);
  const complete = completeOptions(model, options);
  const { arena, trainer } = await assemble(platform, model, { ...complete, progress: startOfTraining });
  if (complete.params === undefined) drawParams(arena, model, complete.seed);
  else await trainer.setParams(complete.params);
  return trainer;
}

/** The trainer that wrote the checkpoint, wherever that was; throws `bad-file`, `bad-option`, `unsupported` or `non-finite`. */
export async function restoreTrainerWith(
  platform: Platform | LoadKernels,
  checkpoint: Uint8Array,
  restoring: RestoreOptions = {},
): Promise<ResumableTrainer> {
  const { model, options, progress, params, state } = decodeCheckpoint(checkpoint, restoring);
  const { customLayers = {}, budgetBytes } = restoring;
  const { arena, trainer, stepper } = await assemble(platform, model, {
    ...options,
    ...(budgetBytes === undefined ? {} : { budgetBytes }),
    customLayers,
    progress,
  });
  await trainer.setParams(params);
  for (const [name, values] of Object.entries(state)) {
    arena.floats(name).set(values);
    const bad = arena.kernels.firstNonFinite(values.length, arena.at(name));
    if (bad >= 0) {
      throw new EdgepropError(
        "non-finite",
        `value ${bad} of ${name} is ${values[bad]}; expected finite numbers`,
      );
    }
  }
  stepper.forgetParams();
  return trainer;
}

async function assemble(
  platform: Platform | LoadKernels,
  model: ModelSpec,
  { progress, ...options }: CompleteTrainerOptions & { readonly progress: Progress },
): Promise<{ arena: Arena; trainer: ResumableTrainer; stepper: Stepper }> {
  checkCustomLayers(model, options.customLayers);
  const plan = planMemory(model, options);
  const { loadKernels, ...rest } = toPlatform(platform);
  const arena = createArena(await loadModule(loadKernels, options.deterministic), plan);
  const layers = describeModel(model);
  const form = {
    inputSize: layers[0]?.inputSize ?? 0,
    outputSize: layers.at(-1)?.outputSize ?? 0,
    loss: options.loss,
    vocabularySize: vocabularySizeOf(model),
    ...(options.classWeights === undefined ? {} : { classWeights: options.classWeights }),
  };
  const stepper = createStepper(arena, model, { ...options, stepsTaken: progress.stepsTaken });
  const trainer = createWasmTrainer({
    arena,
    model,
    options,
    numParams: countParams(model),
    loader: createBatchLoader(arena, form),
    stepper,
    outputSize: form.outputSize,
    cursor: progress.cursor,
    platform: rest,
  });
  return { arena, trainer, stepper };
}

/** null where inputs are values, not tokens. */
function vocabularySizeOf({ layers: [first] }: ModelSpec): number | null {
  return first?.type === "embedding" ? first.vocabularySize : null;
}

/** Initial params into the arena's buffer `params`. */
export function drawParams(arena: Arena, model: ModelSpec, seed: number): void {
  const random = createRandom(seed, "params");
  initializeParams(model, {
    kernels: arena.kernels,
    params: arena.at("params"),
    drawSeed: () => random.uint32(),
  });
}

/** The compiled kernels; throws `kernels-unavailable`. */
export async function loadModule(
  loadKernels: LoadKernels,
  deterministic: boolean,
): Promise<WebAssembly.Module> {
  try {
    return await loadKernels({ deterministic });
  } catch (cause) {
    if (errorCode(cause) !== undefined) throw cause;
    throw new EdgepropError("kernels-unavailable", `the wasm kernels could not be loaded: ${String(cause)}`, {
      cause,
    });
  }
}
