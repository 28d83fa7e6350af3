import { batchRanges } from "../../data/batches.ts";
import { isStream } from "../../data/index.ts";
import type { Dataset, Examples } from "../../data/index.ts";
import { EdgepropError } from "../../errors.ts";
import { hasClasses, takesIndices } from "../../model/index.ts";
import type { ModelSpec } from "../../model/index.ts";
import type { Arena } from "../../runtime/index.ts";
import type { BatchLoader, LoadedBatch } from "../batches/batch-loader.ts";
import { createCallQueue } from "../loop/call-queue.ts";
import { encodeCheckpoint } from "../checkpoint/checkpoint.ts";
import { toInputScale } from "../../checks/check-values.ts";
import { createEpochCursor } from "../batches/epoch-cursor.ts";
import type { Cursor } from "../batches/epoch-cursor.ts";
import { evaluationBatches } from "../batches/example-reader.ts";
import { fitEpochs } from "../loop/fit.ts";
import { activationNumbers } from "../layers/activation-calls.ts";
import { meanLoss } from "../loop/mean-loss.ts";
import { createMetricsTally, hasAbsoluteError } from "../loop/metrics.ts";
import type { BatchMetrics, MetricsTally } from "../loop/metrics.ts";
import { activationsName, optimizerBuffers } from "../step/plan-memory.ts";
import type { Platform } from "../options/platform.ts";
import type { Stepper } from "../step/run-steps.ts";
import { summarize } from "../options/summarize.ts";
import { checkExamples, trainWithin } from "../loop/train.ts";
import { checkParams } from "../options/trainer-options.ts";
import type { CompleteTrainerOptions } from "../options/trainer-options.ts";
import type {
  Batch,
  DirectionResult,
  EvaluateOptions,
  Evaluation,
  ResumableTrainer,
} from "../options/trainer-types.ts";

export interface WasmTrainerParts {
  readonly arena: Arena;
  readonly model: ModelSpec;
  readonly options: CompleteTrainerOptions;
  readonly numParams: number;
  readonly outputSize: number;
  readonly loader: BatchLoader;
  readonly stepper: Stepper;
  /** Where training starts. */
  readonly cursor: Cursor;
  readonly platform: Omit<Platform, "loadKernels">;
}

/** The Trainer's methods: what is loaded when, what is run on it, and what is copied out. */
export function createWasmTrainer({
  arena,
  model,
  options,
  numParams,
  outputSize,
  loader,
  stepper,
  cursor: start,
  platform,
}: WasmTrainerParts): ResumableTrainer {
  const { kernels } = arena;
  const { batchSize, seed } = options;
  const isClassifier = hasClasses(options.loss);
  const outputs = activationsName(model.layers.length - 1);
  const cursor = createEpochCursor(options, start);

  function loadBatch(batch: Batch): LoadedBatch {
    const dataset = loader.toDataset(batch);
    loader.checkDataset(dataset);
    if (dataset.numExamples > batchSize) {
      throw new EdgepropError(
        "bad-shape",
        `the batch has ${dataset.numExamples} examples; the trainer was made for at most ${batchSize}`,
      );
    }
    return loader.loadRange(dataset, 0, dataset.numExamples);
  }

  async function evaluate(examples: Examples, evaluateOptions: EvaluateOptions = {}): Promise<Evaluation> {
    const tally = createMetricsTally({ loss: options.loss, outputSize }, evaluateOptions);
    checkExamples(loader, examples);
    if (isStream(examples)) {
      for await (const batch of evaluationBatches(examples, { seed, batchSize })) {
        loader.checkDataset(batch);
        tally.add(evaluateRows(loader.loadRange(batch, 0, batch.numExamples), tally));
      }
    } else {
      for (const { begin, end } of batchRanges(examples.numExamples, batchSize))
        tally.add(evaluateRows(loader.loadRange(examples, begin, end), tally));
    }
    return tally.result();
  }

  /** Of the batch that lies in the arena. */
  function evaluateRows(batch: LoadedBatch, { topK, wantsConfusion }: MetricsTally): BatchMetrics {
    const { rows, weightSum } = batch;
    const found = { rows, weightSum, lossSum: stepper.loss(batch) };
    const [at, targets, labels] = [arena.at(outputs), arena.at("targets"), arena.at("labels")];
    if (!isClassifier) {
      return hasAbsoluteError(options.loss)
        ? { ...found, absoluteErrorSum: kernels.sumAbsoluteErrors(rows * outputSize, at, targets) }
        : found;
    }
    // Over the probabilities, which the loss was the last to need: the class of a row lies before the row's values.
    if (!takesIndices(options.loss)) kernels.argmaxRows(rows, outputSize, targets, targets);
    const correct = kernels.countCorrect(rows, outputSize, at, targets);
    if (topK.length > 0) kernels.labelRanks(rows, outputSize, at, targets, labels);
    const hits = topK.map((k) => kernels.countBelow(rows, k, labels));
    if (!wantsConfusion) return { ...found, correct, topK: hits };
    kernels.argmaxRows(rows, outputSize, at, labels);
    kernels.confusionCells(rows, outputSize, targets, labels);
    return { ...found, correct, topK: hits, cells: arena.ints("labels").subarray(0, rows) };
  }

  /** Runs every batch forward; yields how many rows of outputs lie in the arena, and the example they begin with. */
  function* forwardAll(
    inputs: Float32Array | Uint8Array,
    inputScale: number,
  ): Generator<{ readonly rows: number; readonly begin: number }> {
    for (const { begin, end } of batchRanges(countInputs(inputs), batchSize)) {
      const rows = loader.loadInputs(inputs, inputScale, begin, end);
      stepper.forward(rows);
      yield { rows, begin };
    }
  }

  function countInputs(inputs: Float32Array | Uint8Array): number {
    return loader.toDataset({ inputs, targets: new Int32Array(0) }).numExamples;
  }

  function predict(inputs: Float32Array | Uint8Array, inputScale: number): Float32Array | Int32Array {
    if (!isClassifier) return outputValues(inputs, inputScale, () => {});
    const labels = new Int32Array(countInputs(inputs));
    for (const { rows, begin } of forwardAll(inputs, inputScale)) {
      kernels.argmaxRows(rows, outputSize, arena.at(outputs), arena.at("labels"));
      labels.set(arena.ints("labels").subarray(0, rows), begin);
    }
    return labels;
  }

  /** The outputs of every example, each batch of them changed in place by `finish`. */
  function outputValues(
    inputs: Float32Array | Uint8Array,
    inputScale: number,
    finish: (rows: number) => void,
  ): Float32Array {
    const values = new Float32Array(countInputs(inputs) * outputSize);
    for (const { rows, begin } of forwardAll(inputs, inputScale)) {
      finish(rows);
      values.set(arena.floats(outputs).subarray(0, rows * outputSize), begin * outputSize);
    }
    return values;
  }

  function toProbabilities(rows: number): void {
    switch (options.loss.name) {
      case "softmaxCrossEntropy":
        return kernels.softmaxRows(rows, outputSize, arena.at(outputs));
      case "sigmoidCrossEntropy":
        return kernels.activate(activationNumbers.sigmoid, rows * outputSize, arena.at(outputs));
      case "meanSquaredError":
      case "huber":
        return undefined;
      default:
        return options.loss satisfies never;
    }
  }

  function setParams(params: Float32Array): void {
    checkParams(params, numParams);
    // The engine's own search: a loop of ours takes milliseconds while it is interpreted.
    const found = [Number.NaN, Infinity, -Infinity].find((value) => params.includes(value));
    if (found !== undefined) {
      const bad = params.findIndex((value) => Object.is(value, found));
      throw new EdgepropError("non-finite", `param ${bad} is ${found}; expected finite numbers`);
    }
    arena.floats("params").set(params);
    stepper.forgetParams();
  }

  function getDelta(from: Float32Array): Float32Array {
    checkParams(from, numParams);
    return arena.floats("params").map((value, i) => value - (from[i] ?? 0));
  }

  function findDirection(batch: Batch): DirectionResult {
    const loaded = loadBatch(batch);
    const direction = new Float32Array(numParams);
    const loss = meanLoss(stepper.direction(loaded, direction), loaded.weightSum);
    return { loss, outputs: arena.floats(outputs).slice(0, loaded.rows * outputSize), direction };
  }

  function checkpoint(): Uint8Array {
    const names = optimizerBuffers(options.optimizer);
    return encodeCheckpoint({
      model,
      options,
      progress: { stepsTaken: stepper.stepsTaken, cursor: cursor.at },
      params: arena.floats("params"),
      state: Object.fromEntries(names.map((name) => [name, arena.floats(name)])),
    });
  }

  const inOrder = createCallQueue();
  const driver = {
    cursor,
    loader,
    platform,
    seed,
    batchSize,
    isClassifier,
    inOrder,
    step(dataset: Dataset, indices: Uint32Array) {
      const loaded = loader.loadExamples(dataset, indices);
      return { lossSum: stepper.step(loaded), weightSum: loaded.weightSum };
    },
  };
  const trainer: ResumableTrainer = {
    model,
    numParams,
    get memory() {
      const { plan, usedBytes, staticBytes } = arena.memory;
      return { plan, plannedBytes: plan.totalBytes, usedBytes, staticBytes };
    },
    summary: () => summarize(model, options),
    train: (examples, limits) => inOrder(() => trainWithin(driver, examples, limits)),
    fit: (examples, fitOptions) => fitEpochs({ ...trainer, ...driver }, examples, fitOptions),
    evaluate: (examples, evaluateOptions) => inOrder(() => evaluate(examples, evaluateOptions)),
    predict: (inputs, predictOptions) => inOrder(() => predict(inputs, toInputScale(predictOptions))),
    probabilities: (inputs, predictOptions) =>
      inOrder(() => outputValues(inputs, toInputScale(predictOptions), toProbabilities)),
    step: (batch) =>
      inOrder(() => {
        const loaded = loadBatch(batch);
        return { loss: meanLoss(stepper.step(loaded), loaded.weightSum) };
      }),
    direction: (batch) => inOrder(() => findDirection(batch)),
    getParams: () => inOrder(() => arena.floats("params").slice()),
    getDelta: (from) => inOrder(() => getDelta(from)),
    setParams: (params) => inOrder(() => setParams(params)),
    checkpoint: () => inOrder(checkpoint),
  };
  return trainer;
}
