import type { LoadedBatch } from "../../kinds/layer-calls.ts";
import { runCalls } from "../../kinds/layer-calls.ts";
import type { Model } from "../../model/index.ts";
import type { Arena } from "../../runtime/index.ts";
import { createBatchLoader } from "../batches/batch-loader.ts";
import type { BatchMetrics } from "../loop/metrics.ts";
import type { ReadOptions } from "../options/trainer-options.ts";
import type { Passes } from "../step/build-step.ts";
import { activationsName } from "../step/plan-memory.ts";
import type { InputPlace, MetricsWanted, OutputForm, PredictionEngine } from "./engine.ts";

export interface PredictionParts {
  readonly model: Model;
  readonly options: ReadOptions;
  /** The calls for batches of these many rows. */
  readonly passesFor: (rows: number) => Passes;
  /** Params were written into the arena. */
  readonly onParams: () => void;
}

/** Inputs alone: nothing is known of targets and weights. */
function inputsOnly(rows: number): LoadedBatch {
  return { rows, hasWeights: false, weightSum: rows, largestInput: Infinity };
}

/** Evaluation and prediction by the kernels, on the batch that lies in the arena. */
export function createWasmPredictions(
  arena: Arena,
  { model, options, passesFor, onParams }: PredictionParts,
): PredictionEngine<LoadedBatch> & { readonly loader: ReturnType<typeof createBatchLoader> } {
  const { kernels } = arena;
  const { loss } = options;
  const { outputSize, numParams } = model;
  const outputs = arena.at(activationsName(model.placed.length - 1));
  const [targets, labels] = [arena.at("targets"), arena.at("labels")];
  const takesIndices = loss.type.targets(loss.spec) === "indices";
  const loader = createBatchLoader(arena, model, options);

  function measure(batch: LoadedBatch, { topK, wantsConfusion }: MetricsWanted): BatchMetrics {
    const { rows, weightSum } = batch;
    const passes = passesFor(rows);
    runCalls(passes.forward);
    const found = { rows, weightSum, lossSum: passes.loss(batch) };
    if (loss.type.outputs === "values")
      return { ...found, absoluteErrorSum: kernels.sumAbsoluteErrors(rows * outputSize, outputs, targets) };
    if (loss.type.outputs === "logits") return found;
    // Over the probabilities, which the loss was the last to need: the class of a row lies before the row's values.
    if (!takesIndices) kernels.argmaxRows(rows, outputSize, targets, targets);
    const correct = kernels.countCorrect(rows, outputSize, outputs, targets);
    if (topK.length > 0) kernels.labelRanks(rows, outputSize, outputs, targets, labels);
    const hits = topK.map((k) => kernels.countBelow(rows, k, labels));
    if (!wantsConfusion) return { ...found, correct, topK: hits };
    kernels.argmaxRows(rows, outputSize, outputs, labels);
    kernels.confusionCells(rows, outputSize, targets, labels);
    return { ...found, correct, topK: hits, cells: arena.integers(labels, rows) };
  }

  function outputsOf({ rows }: LoadedBatch, as: OutputForm): Float32Array | Int32Array {
    runCalls(passesFor(rows).forward);
    const count = rows * outputSize;
    if (as === "classes") {
      kernels.argmaxRows(rows, outputSize, outputs, labels);
      return arena.integers(labels, rows);
    }
    if (as === "probabilities") {
      if (loss.type.outputs === "classes") kernels.softmaxRows(rows, outputSize, outputs);
      if (loss.type.outputs === "logits") kernels.activate(sigmoidNumber, count, outputs);
    }
    return arena.view(outputs, count);
  }

  return {
    loader,
    loadRange: loader.loadRange,
    loadInputs: (inputs, place: InputPlace) => inputsOnly(loader.loadInputs(inputs, place)),
    measure,
    outputs: outputsOf,
    readParams: () => arena.view(arena.at("params"), numParams),
    writeParams(params) {
      arena.floats("params").set(params);
      onParams();
    },
    dispose: () => {},
  };
}

/** By which the kernel `activate` knows the sigmoid. */
const sigmoidNumber = 4;
