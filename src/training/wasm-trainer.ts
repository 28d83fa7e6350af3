import { batchRanges } from "../data/batches.ts";
import type { Dataset } from "../data/index.ts";
import { EdgepropError } from "../errors.ts";
import { hasClasses, takesIndices } from "../model/index.ts";
import type { ModelSpec } from "../model/index.ts";
import type { Address, Arena } from "../runtime/index.ts";
import type { BatchLoader, LoadedBatch } from "./batch-loader.ts";
import { encodeCheckpoint } from "./checkpoint.ts";
import { checkLimits, createEpochCursor, fitEpochs } from "./epochs.ts";
import type { Cursor } from "./epochs.ts";
import { meanLoss } from "./mean-loss.ts";
import { activationsName, optimizerBuffers } from "./plan-memory.ts";
import type { Stepper } from "./stepper.ts";
import { frozenRangesOf } from "./trainable.ts";
import { checkParams } from "./trainer-options.ts";
import type { CompleteTrainerOptions } from "./trainer-options.ts";
import type { Batch, Evaluation, ResumableTrainer, TrainLimits, TrainResult } from "./types.ts";

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
}: WasmTrainerParts): ResumableTrainer {
  const { kernels } = arena;
  const { batchSize } = options;
  const isClassifier = hasClasses(options.loss);
  const outputs = activationsName(model.layers.length - 1);
  const frozen = frozenRangesOf(model, options.trainable);
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

  async function train(dataset: Dataset, limits: TrainLimits): Promise<TrainResult> {
    const { maxSteps, epochs } = checkLimits(limits);
    loader.checkDataset(dataset);
    const total = { steps: 0, lossSum: 0, weightSum: 0, numExamples: 0 };
    while (total.steps < maxSteps && cursor.epoch < epochs) {
      const batch = loader.loadExamples(dataset, cursor.peek(dataset.numExamples));
      total.lossSum += stepper.step(batch);
      total.steps += 1;
      total.weightSum += batch.weightSum;
      total.numExamples += batch.rows;
      cursor.pass();
    }
    return { ...total, isDone: cursor.epoch >= epochs };
  }

  async function evaluate(dataset: Dataset): Promise<Evaluation> {
    loader.checkDataset(dataset);
    const { numExamples } = dataset;
    const total = { lossSum: 0, weightSum: 0 };
    let correct = 0;
    for (const { begin, end } of batchRanges(numExamples, batchSize)) {
      const batch = loader.loadRange(dataset, begin, end);
      total.lossSum += stepper.loss(batch);
      total.weightSum += batch.weightSum;
      if (isClassifier)
        correct += kernels.countCorrect(batch.rows, outputSize, arena.at(outputs), labelsOf(batch.rows));
    }
    const evaluation = { loss: meanLoss(total), numExamples };
    return isClassifier ? { ...evaluation, accuracy: correct / numExamples } : evaluation;
  }

  /** The classes of the batch in the arena: the targets, or where the largest of them is. */
  function labelsOf(rows: number): Address {
    if (takesIndices(options.loss)) return arena.at("targets");
    kernels.argmaxRows(rows, outputSize, arena.at("targets"), arena.at("labels"));
    return arena.at("labels");
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

  async function predict(
    inputs: Float32Array | Uint8Array,
    { inputScale = 1 }: { readonly inputScale?: number } = {},
  ): Promise<Float32Array | Int32Array> {
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
        return kernels.sigmoid(rows * outputSize, arena.at(outputs));
      case "meanSquaredError":
      case "huber":
        return undefined;
      default:
        return options.loss satisfies never;
    }
  }

  return {
    model,
    numParams,
    train,
    fit: (dataset, fitOptions) => fitEpochs({ train, evaluate }, cursor, { ...fitOptions, dataset }),
    evaluate,
    predict,
    async probabilities(inputs, { inputScale = 1 } = {}) {
      return outputValues(inputs, inputScale, toProbabilities);
    },
    async step(batch) {
      const loaded = loadBatch(batch);
      return { loss: meanLoss({ ...loaded, lossSum: stepper.step(loaded) }) };
    },
    async direction(batch) {
      const loaded = loadBatch(batch);
      const loss = meanLoss({ ...loaded, lossSum: stepper.direction(loaded) });
      const direction = arena.floats("direction").slice();
      // What getDelta or setParams has left there.
      for (const { offset, length } of frozen) direction.fill(0, offset, offset + length);
      return { loss, outputs: arena.floats(outputs).slice(0, loaded.rows * outputSize), direction };
    },
    async getParams() {
      return arena.floats("params").slice();
    },
    async getDelta(from) {
      checkParams(from, numParams);
      // The direction's buffer is free between steps.
      arena.floats("direction").set(from);
      const direction = arena.at("direction");
      kernels.subtract(numParams, arena.at("params"), direction, direction);
      return arena.floats("direction").slice();
    },
    async setParams(params) {
      checkParams(params, numParams);
      arena.floats("direction").set(params);
      const bad = kernels.firstNonFinite(numParams, arena.at("direction"));
      if (bad >= 0)
        throw new EdgepropError("non-finite", `param ${bad} is ${params[bad]}; expected finite numbers`);
      arena.floats("params").set(params);
      stepper.forgetParams();
    },
    async checkpoint() {
      const names = optimizerBuffers(options.optimizer);
      return encodeCheckpoint({
        model,
        options,
        progress: { stepsTaken: stepper.stepsTaken, cursor: cursor.at },
        params: arena.floats("params"),
        state: Object.fromEntries(names.map((name) => [name, arena.floats(name)])),
      });
    },
  };
}
