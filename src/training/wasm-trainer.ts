import { batchRanges, epochOrder } from "../data/batches.ts";
import type { Dataset } from "../data/index.ts";
import { EdgepropError } from "../errors.ts";
import type { ModelSpec } from "../model/index.ts";
import type { Arena } from "../runtime/index.ts";
import type { BatchLoader } from "./batch-loader.ts";
import { checkPositiveInteger } from "./checks.ts";
import { activationsName } from "./plan-memory.ts";
import type { Stepper } from "./stepper.ts";
import { checkParams } from "./trainer-options.ts";
import type { CompleteTrainerOptions } from "./trainer-options.ts";
import type {
  Batch,
  EpochResult,
  Evaluation,
  FitOptions,
  Trainer,
  TrainLimits,
  TrainResult,
} from "./types.ts";

export interface WasmTrainerParts {
  readonly arena: Arena;
  readonly model: ModelSpec;
  readonly options: CompleteTrainerOptions;
  readonly numParams: number;
  readonly outputSize: number;
  readonly loader: BatchLoader;
  readonly stepper: Stepper;
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
}: WasmTrainerParts): Trainer {
  const { kernels } = arena;
  const { batchSize, seed } = options;
  const hasClasses = options.loss === "softmaxCrossEntropy";
  const outputs = activationsName(model.layers.length - 1);
  /** Epochs that are over, and how far into the next one of `numExamples` examples training is. */
  let cursor = { epoch: 0, position: 0, numExamples: 0 };
  let order: Uint32Array = new Uint32Array(0);

  function loadBatch(batch: Batch): number {
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

  /** Begins an epoch where one is due. */
  function enterEpoch({ numExamples }: Dataset): void {
    if (cursor.position > 0 && cursor.numExamples !== numExamples) {
      throw new EdgepropError(
        "bad-shape",
        `the epoch in progress has ${cursor.numExamples} examples, the dataset ${numExamples}; finish it first`,
      );
    }
    if (cursor.position > 0) return;
    cursor = { ...cursor, numExamples };
    order = epochOrder(numExamples, { seed, epoch: cursor.epoch });
  }

  async function train(dataset: Dataset, limits: TrainLimits): Promise<TrainResult> {
    const { maxSteps, epochs } = checkLimits(limits);
    loader.checkDataset(dataset);
    const total = { steps: 0, lossSum: 0, numExamples: 0 };
    while (total.steps < maxSteps && cursor.epoch < epochs) {
      enterEpoch(dataset);
      const end = Math.min(cursor.position + batchSize, dataset.numExamples);
      const rows = loader.loadExamples(dataset, order.subarray(cursor.position, end));
      total.lossSum += stepper.step(rows);
      total.steps += 1;
      total.numExamples += rows;
      cursor =
        end === dataset.numExamples
          ? { ...cursor, epoch: cursor.epoch + 1, position: 0 }
          : { ...cursor, position: end };
    }
    return { ...total, isDone: cursor.epoch >= epochs };
  }

  async function* fit(dataset: Dataset, { epochs, validation }: FitOptions): AsyncGenerator<EpochResult> {
    const last = cursor.epoch + checkPositiveInteger("epochs", epochs);
    for (let epoch = cursor.epoch + 1; epoch <= last; epoch++) {
      const { lossSum, numExamples } = await train(dataset, { epochs: epoch });
      const result = { epoch, loss: lossSum / numExamples };
      yield validation === undefined ? result : { ...result, validation: await evaluate(validation) };
    }
  }

  async function evaluate(dataset: Dataset): Promise<Evaluation> {
    loader.checkDataset(dataset);
    const { numExamples } = dataset;
    let lossSum = 0;
    let correct = 0;
    for (const { begin, end } of batchRanges(numExamples, batchSize)) {
      const rows = loader.loadRange(dataset, begin, end);
      lossSum += stepper.loss(rows);
      if (hasClasses)
        correct += kernels.countCorrect(rows, outputSize, arena.at(outputs), arena.at("targets"));
    }
    const evaluation = { loss: lossSum / numExamples, numExamples };
    return hasClasses ? { ...evaluation, accuracy: correct / numExamples } : evaluation;
  }

  async function predict(
    inputs: Float32Array | Uint8Array,
    { inputScale = 1 }: { readonly inputScale?: number } = {},
  ): Promise<Float32Array | Int32Array> {
    const { numExamples } = loader.toDataset({ inputs, targets: new Int32Array(0) });
    const predicted = hasClasses ? new Int32Array(numExamples) : new Float32Array(numExamples * outputSize);
    for (const { begin, end } of batchRanges(numExamples, batchSize)) {
      const rows = loader.loadInputs(inputs, inputScale, begin, end);
      stepper.forward(rows);
      if (hasClasses) {
        kernels.argmaxRows(rows, outputSize, arena.at(outputs), arena.at("labels"));
        predicted.set(arena.ints("labels").subarray(0, rows), begin);
      } else {
        predicted.set(arena.floats(outputs).subarray(0, rows * outputSize), begin * outputSize);
      }
    }
    return predicted;
  }

  return {
    model,
    numParams,
    train,
    fit,
    evaluate,
    predict,
    async step(batch) {
      const rows = loadBatch(batch);
      return { loss: stepper.step(rows) / rows };
    },
    async direction(batch) {
      const rows = loadBatch(batch);
      const loss = stepper.direction(rows) / rows;
      return {
        loss,
        outputs: arena.floats(outputs).slice(0, rows * outputSize),
        direction: arena.floats("direction").slice(),
      };
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
    },
  };
}

function checkLimits({ maxSteps, epochs }: TrainLimits): { maxSteps: number; epochs: number } {
  if (maxSteps === undefined && epochs === undefined) {
    throw new EdgepropError("bad-option", "train needs maxSteps, epochs, or both");
  }
  return {
    maxSteps: maxSteps === undefined ? Infinity : checkPositiveInteger("maxSteps", maxSteps),
    epochs: epochs === undefined ? Infinity : checkPositiveInteger("epochs", epochs),
  };
}
