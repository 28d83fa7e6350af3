import type { LoadedBatch } from "../../kinds/layer-calls.ts";
import type { Model } from "../../model/index.ts";
import type { Arena } from "../../runtime/index.ts";
import type { Cursor } from "../batches/epoch-cursor.ts";
import { stateNames } from "../checkpoint/checkpoint.ts";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { TrainingOptions } from "../options/trainer-options.ts";
import { activationsName } from "../step/plan-memory.ts";
import { createStepper } from "../step/run-steps.ts";
import type { TrainingEngine } from "./engine.ts";
import { createWasmPredictions } from "./wasm-predictions.ts";

/** Training by the kernels; its state can be taken along. */
export interface WasmTraining extends TrainingEngine<LoadedBatch> {
  /** What a checkpoint keeps beside model and options; the tensors are views of the arena. */
  save(cursor: Cursor): Pick<Checkpoint, "progress" | "params" | "state">;
  /** To be called after state was written into the arena. */
  readonly forgetParams: () => void;
}

export function createWasmTraining(
  arena: Arena,
  model: Model,
  options: TrainingOptions & { readonly stepsTaken: number },
): WasmTraining {
  const stepper = createStepper(arena, model, options);
  const { loader, ...predictions } = createWasmPredictions(arena, {
    model,
    options,
    passesFor: stepper.passes,
    onParams: stepper.forgetParams,
  });
  const outputs = arena.at(activationsName(model.placed.length - 1));
  return {
    ...predictions,
    forgetParams: stepper.forgetParams,
    save: (cursor) => ({
      progress: { stepsTaken: stepper.stepsTaken, cursor },
      params: arena.floats("params"),
      state: Object.fromEntries(stateNames(model, options).map(({ name }) => [name, arena.floats(name)])),
    }),
    loadExamples: loader.loadExamples,
    step: (batch) => ({ lossSum: stepper.step(batch), weightSum: batch.weightSum }),
    direction(batch) {
      const direction = new Float32Array(model.numParams);
      const lossSum = stepper.direction(batch, direction);
      const found = arena.view(outputs, batch.rows * model.outputSize).slice();
      return { lossSum, weightSum: batch.weightSum, direction, outputs: found };
    },
  };
}
