import { EdgepropError } from "../../errors.ts";

import type { Model } from "../../model/index.ts";
import type { Sets } from "../../kinds/sets.ts";
import { createArena } from "../../runtime/index.ts";
import type { Arena } from "../../runtime/index.ts";
import { decodeCheckpoint, encodeCheckpoint, startOfTraining } from "../checkpoint/checkpoint.ts";
import type { Progress, RestoreOptions } from "../checkpoint/checkpoint.ts";
import { createWasmPredictions } from "../engine/wasm-predictions.ts";
import { createWasmTraining } from "../engine/wasm-training.ts";
import type { Platform } from "../options/platform.ts";
import { readPredictorOptions, readTrainerOptions } from "../options/trainer-options.ts";
import type { ReadOptions, TrainingOptions } from "../options/trainer-options.ts";
import type {
  PlannedPredictor,
  PredictorOptions,
  ResumableTrainer,
  TrainerMemory,
  TrainerOptions,
} from "../options/trainer-types.ts";
import { buildPasses } from "../step/build-step.ts";
import type { Passes } from "../step/build-step.ts";
import { planMemoryOf } from "../step/plan-memory.ts";
import { drawInto, loadModule } from "./draw-params.ts";
import { createPredictorOn } from "./predictor.ts";
import { createTrainerOn } from "./trainer.ts";

/** A trainer on the wasm kernels that the platform hands over; platform entries bind theirs. */
export async function createTrainerWith(
  platform: Platform,
  model: Model,
  options: TrainerOptions,
): Promise<ResumableTrainer> {
  const read = readTrainerOptions(model, options);
  const { arena, trainer } = await assemble(platform, model, { ...read, progress: startOfTraining });
  if (read.params === undefined) drawInto(arena, model, read.seed);
  else await trainer.setParams(read.params);
  return trainer;
}

/** What evaluates and predicts without a rule and an optimizer: it has no memory for gradients and their like. */
export async function createPredictorWith(
  platform: Platform,
  model: Model,
  options: PredictorOptions,
): Promise<PlannedPredictor> {
  const read = readPredictorOptions(model, options);
  const arena = await createPlannedArena(platform, model, read);
  const passes = new Map<number, Passes>();
  const engine = createWasmPredictions(arena, {
    model,
    options: read,
    passesFor(rows) {
      const found = passes.get(rows) ?? buildPasses(arena, model, { ...read, rows });
      passes.set(rows, found);
      return found;
    },
    onParams: () => {},
  });
  const { predictor } = createPredictorOn(engine, model, read);
  if (read.params === undefined) drawInto(arena, model, read.seed);
  else await predictor.setParams(read.params);
  return { ...predictor, memory: memoryOf(arena) };
}

/** The trainer that wrote the checkpoint, wherever that was; throws `bad-file`, `bad-option`, `unsupported` or `non-finite`. */
export async function restoreTrainerWith(
  platform: Platform,
  checkpoint: Uint8Array,
  { sets, ...restoring }: RestoreOptions & { readonly sets: Sets },
): Promise<ResumableTrainer> {
  const { model, options, progress, params, state } = decodeCheckpoint(checkpoint, { ...restoring, sets });
  const { budgetBytes } = restoring;
  const { arena, trainer, forget } = await assemble(platform, model, {
    ...options,
    ...(budgetBytes === undefined ? {} : { budgetBytes }),
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
  forget();
  return trainer;
}

interface Assembled {
  readonly arena: Arena;
  readonly trainer: ResumableTrainer;
  /** State was written into the arena. */
  readonly forget: () => void;
}

async function assemble(
  platform: Platform,
  model: Model,
  { progress, ...options }: TrainingOptions & { readonly progress: Progress },
): Promise<Assembled> {
  const { loadKernels: _, ...rest } = platform;
  const arena = await createPlannedArena(platform, model, options);
  const engine = createWasmTraining(arena, model, { ...options, stepsTaken: progress.stepsTaken });
  const { trainer, queue, cursor } = createTrainerOn(engine, {
    model,
    options,
    cursor: progress.cursor,
    platform: rest,
  });
  return {
    arena,
    forget: engine.forgetParams,
    trainer: {
      ...trainer,
      memory: memoryOf(arena),
      checkpoint: () => queue.call((found) => encodeCheckpoint({ model, options, ...found.save(cursor.at) })),
    },
  };
}

async function createPlannedArena(platform: Platform, model: Model, options: ReadOptions): Promise<Arena> {
  const plan = planMemoryOf(model, options);
  return createArena(await loadModule(platform.loadKernels, options.deterministic), plan);
}

/** The memory never grows once it stands. */
function memoryOf({ memory: { plan, usedBytes, staticBytes } }: Arena): TrainerMemory {
  return { plan, plannedBytes: plan.totalBytes, usedBytes, staticBytes };
}
