import * as tf from "@tensorflow/tfjs-core";
import type { Tensor, Tensor1D } from "@tensorflow/tfjs-core";
import { batchRanges } from "../data/batches.ts";
import type { Dataset } from "../data/index.ts";
import { EdgepropError } from "../errors.ts";
import { hasClasses, takesIndices } from "../model/index.ts";
import type { ModelSpec } from "../model/index.ts";
import type { BatchLoader } from "../training/batch-loader.ts";
import { checkLimits, createEpochCursor, fitEpochs } from "../training/epochs.ts";
import type { Batch, Evaluation, Trainer, TrainLimits, TrainResult } from "../training/index.ts";
import { meanLoss } from "../training/mean-loss.ts";
import { checkParams } from "../training/trainer-options.ts";
import type { CompleteTrainerOptions } from "../training/trainer-options.ts";
import type { DeviceBatch, DeviceBatches } from "./device-batches.ts";
import { lossOf, probabilitiesOf, sumOf } from "./losses.ts";
import { flatten, takeValues, unflatten, writeParams } from "./params.ts";
import type { Param } from "./params.ts";
import type { TfjsStepper } from "./stepper.ts";

/** A Trainer whose tensors lie on tfjs's backend. */
export interface TfjsTrainer extends Trainer {
  /** Gives the trainer's own tensors back; a tf.LayersModel that it has trained keeps its weights. */
  dispose(): Promise<void>;
}

export interface TfjsTrainerParts {
  readonly model: ModelSpec;
  readonly options: CompleteTrainerOptions;
  readonly params: readonly Param[];
  readonly numParams: number;
  readonly outputSize: number;
  readonly loader: BatchLoader;
  readonly batches: DeviceBatches;
  readonly stepper: TfjsStepper;
}

/** The Trainer's methods: what is uploaded when, what runs on it, and what is read back. */
export function createTrainerOnTfjs(parts: TfjsTrainerParts): TfjsTrainer {
  const { model, options, params, numParams, outputSize, loader, batches, stepper } = parts;
  const { batchSize, loss, classWeights } = options;
  const isClassifier = hasClasses(loss);
  const cursor = createEpochCursor(options);
  const inOrder = createQueue();

  function toRows(batch: Batch): DeviceBatch {
    const dataset = loader.toDataset(batch);
    loader.checkDataset(dataset);
    const rows = dataset.numExamples;
    if (rows <= batchSize) return batches.range(dataset, 0, rows);
    throw new EdgepropError(
      "bad-shape",
      `the batch has ${rows} examples; the trainer was made for at most ${batchSize}`,
    );
  }

  async function step(batch: Batch): Promise<{ loss: number }> {
    const uploaded = toRows(batch);
    const lossSum = await withBatch(uploaded, (onDevice) => stepper.step(onDevice));
    return { loss: meanLoss({ lossSum, weightSum: uploaded.weightSum }) };
  }

  async function direction(batch: Batch): ReturnType<Trainer["direction"]> {
    const uploaded = toRows(batch);
    const found = await withBatch(uploaded, (onDevice) => stepper.direction(onDevice));
    const [outputs, flat] = await Promise.all([found.outputs, found.direction].map(takeValues));
    const bad = flat?.find((value) => !Number.isFinite(value));
    if (outputs === undefined || flat === undefined || bad !== undefined) {
      throw new EdgepropError("non-finite", `the direction has a value that is ${bad}; scale the inputs`);
    }
    return { loss: meanLoss({ ...uploaded, ...found }), outputs, direction: flat };
  }

  async function train(dataset: Dataset, limits: TrainLimits): Promise<TrainResult> {
    const { maxSteps, epochs } = checkLimits(limits);
    loader.checkDataset(dataset);
    const total = { steps: 0, lossSum: 0, weightSum: 0, numExamples: 0 };
    while (total.steps < maxSteps && cursor.epoch < epochs) {
      const indices = cursor.peek(dataset.numExamples);
      const uploaded = batches.examples(dataset, indices);
      total.lossSum += await withBatch(uploaded, (batch) => stepper.step(batch));
      total.weightSum += uploaded.weightSum;
      total.steps += 1;
      total.numExamples += indices.length;
      cursor.pass();
    }
    return { ...total, isDone: cursor.epoch >= epochs };
  }

  async function evaluate(dataset: Dataset): Promise<Evaluation> {
    loader.checkDataset(dataset);
    const { numExamples } = dataset;
    const total = { lossSum: 0, weightSum: 0, correct: 0 };
    for (const { begin, end } of batchRanges(numExamples, batchSize)) {
      const uploaded = batches.range(dataset, begin, end);
      const { lossSum, correct } = await withBatch(uploaded, evaluateBatch);
      total.lossSum += lossSum;
      total.weightSum += uploaded.weightSum;
      total.correct += correct;
    }
    const evaluation = { loss: meanLoss(total), numExamples };
    return isClassifier ? { ...evaluation, accuracy: total.correct / numExamples } : evaluation;
  }

  async function evaluateBatch(batch: DeviceBatch): Promise<{ lossSum: number; correct: number }> {
    const { losses, isCorrect } = tf.tidy(() => {
      const outputs = stepper.forward(batch.inputs);
      return {
        losses: lossOf(outputs, { ...batch, loss, classWeights }).losses,
        isCorrect: isClassifier ? tf.equal(tf.argMax(outputs, 1), labelsOf(batch)) : tf.zeros([0]),
      };
    });
    try {
      const [lossSum, correct] = await Promise.all([losses.data().then(sumOf), isCorrect.data().then(sumOf)]);
      return { lossSum, correct };
    } finally {
      tf.dispose([losses, isCorrect]);
    }
  }

  /** The targets, or where the largest of them is. */
  function labelsOf({ targets }: DeviceBatch): Tensor {
    return takesIndices(loss) ? targets : tf.argMax(targets, 1);
  }

  async function predict(
    inputs: Float32Array | Uint8Array,
    { inputScale = 1 }: { readonly inputScale?: number } = {},
  ): Promise<Float32Array | Int32Array> {
    const { numExamples } = loader.toDataset({ inputs, targets: new Int32Array(0) });
    const predicted = isClassifier ? new Int32Array(numExamples) : new Float32Array(numExamples * outputSize);
    for (const { begin, end } of batchRanges(numExamples, batchSize)) {
      const found = tf.tidy(() => {
        const outputs = stepper.forward(batches.inputs(inputs, inputScale, begin, end));
        return isClassifier ? tf.argMax(outputs, 1) : outputs;
      });
      try {
        predicted.set(await found.data(), begin * (isClassifier ? 1 : outputSize));
      } finally {
        found.dispose();
      }
    }
    return predicted;
  }

  async function probabilities(
    inputs: Float32Array | Uint8Array,
    { inputScale = 1 }: { readonly inputScale?: number } = {},
  ): Promise<Float32Array> {
    const { numExamples } = loader.toDataset({ inputs, targets: new Int32Array(0) });
    const found = new Float32Array(numExamples * outputSize);
    for (const { begin, end } of batchRanges(numExamples, batchSize)) {
      const part = tf.tidy(() =>
        probabilitiesOf(loss, stepper.forward(batches.inputs(inputs, inputScale, begin, end))),
      );
      found.set(await takeValues(part), begin * outputSize);
    }
    return found;
  }

  async function setParams(flat: Float32Array): Promise<void> {
    checkParams(flat, numParams);
    const bad = flat.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0)
      throw new EdgepropError("non-finite", `param ${bad} is ${flat[bad]}; expected finite numbers`);
    tf.tidy(() => writeParams(params, unflatten(upload(flat), params)));
  }

  function readParams(): Tensor1D {
    return flatten(params.map((param) => param.read()));
  }

  async function getDelta(from: Float32Array): Promise<Float32Array> {
    checkParams(from, numParams);
    return takeValues(tf.tidy(() => tf.sub(readParams(), upload(from))));
  }

  async function dispose(): Promise<void> {
    stepper.dispose();
    for (const param of params) param.dispose();
  }

  const trainer: TfjsTrainer = {
    model,
    numParams,
    step: (batch) => inOrder(() => step(batch)),
    direction: (batch) => inOrder(() => direction(batch)),
    train: (dataset, limits) => inOrder(() => train(dataset, limits)),
    fit: (dataset, fitOptions) => fitEpochs(trainer, cursor, { ...fitOptions, dataset }),
    evaluate: (dataset) => inOrder(() => evaluate(dataset)),
    predict: (inputs, predictOptions) => inOrder(() => predict(inputs, predictOptions)),
    probabilities: (inputs, predictOptions) => inOrder(() => probabilities(inputs, predictOptions)),
    getParams: () => inOrder(() => takeValues(readParams())),
    getDelta: (from) => inOrder(() => getDelta(from)),
    setParams: (flat) => inOrder(() => setParams(flat)),
    dispose: () => inOrder(dispose),
  };
  return trainer;
}

/** A copy: tfjs keeps the array that it is given, and uploads it when it pleases. */
function upload(flat: Float32Array): Tensor1D {
  return tf.tensor1d(flat.slice());
}

/** Calls wait for one another: while one reads the device, another must not change the params. */
function createQueue(): <T>(run: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (run) => {
    const next = last.then(run, run);
    last = next;
    return next;
  };
}

async function withBatch<T>(batch: DeviceBatch, use: (batch: DeviceBatch) => Promise<T>): Promise<T> {
  try {
    return await use(batch);
  } finally {
    tf.dispose([batch.inputs, batch.targets, ...(batch.weights === null ? [] : [batch.weights])]);
  }
}
