import * as tf from "@tensorflow/tfjs-core";
import type { Tensor, Tensor1D } from "@tensorflow/tfjs-core";
import { batchRanges } from "../data/batches.ts";
import { isStream } from "../data/index.ts";
import type { Dataset, Examples } from "../data/index.ts";
import { EdgepropError } from "../errors.ts";
import { hasClasses, takesIndices } from "../model/index.ts";
import type { ModelSpec } from "../model/index.ts";
import type { BatchLoader } from "../training/batches/batch-loader.ts";
import { createCallQueue } from "../training/loop/call-queue.ts";
import { createEpochCursor } from "../training/batches/epoch-cursor.ts";
import { evaluationBatches } from "../training/batches/example-reader.ts";
import { toInputScale } from "../checks/check-values.ts";
import { fitEpochs } from "../training/loop/fit.ts";
import { summarize } from "../training/index.ts";
import type { Batch, EvaluateOptions, Evaluation, Platform, Trainer } from "../training/index.ts";
import { meanLoss } from "../training/loop/mean-loss.ts";
import { createMetricsTally, hasAbsoluteError } from "../training/loop/metrics.ts";
import type { BatchMetrics, MetricsTally } from "../training/loop/metrics.ts";
import { checkExamples, trainWithin } from "../training/loop/train.ts";
import { checkParams } from "../training/options/trainer-options.ts";
import type { CompleteTrainerOptions } from "../training/options/trainer-options.ts";
import type { DeviceBatch, DeviceBatches } from "./device-batches.ts";
import { labelRanks, lossOf, probabilitiesOf, sumOf } from "./losses.ts";
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
  readonly platform: Platform;
}

/** The Trainer's methods: what is uploaded when, what runs on it, and what is read back. */
export function createTrainerOnTfjs(parts: TfjsTrainerParts): TfjsTrainer {
  const { model, options, params, numParams, outputSize, loader, batches, stepper, platform } = parts;
  const { batchSize, seed, loss, classWeights } = options;
  const isClassifier = hasClasses(loss);
  const cursor = createEpochCursor(options);
  const inOrder = createCallQueue();

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
    return { loss: meanLoss(lossSum, uploaded.weightSum) };
  }

  async function direction(batch: Batch): ReturnType<Trainer["direction"]> {
    const uploaded = toRows(batch);
    const found = await withBatch(uploaded, (onDevice) => stepper.direction(onDevice));
    const [outputs, flat] = await Promise.all([found.outputs, found.direction].map(takeValues));
    const bad = flat?.find((value) => !Number.isFinite(value));
    if (outputs === undefined || flat === undefined || bad !== undefined) {
      throw new EdgepropError("non-finite", `the direction has a value that is ${bad}; scale the inputs`);
    }
    return { loss: meanLoss(found.lossSum, uploaded.weightSum), outputs, direction: flat };
  }

  async function evaluate(examples: Examples, evaluateOptions: EvaluateOptions = {}): Promise<Evaluation> {
    const tally = createMetricsTally({ loss, outputSize }, evaluateOptions);
    checkExamples(loader, examples);
    for await (const batch of deviceBatchesOf(examples))
      tally.add(await withBatch(batch, (onDevice) => evaluateBatch(onDevice, tally)));
    return tally.result();
  }

  async function* deviceBatchesOf(examples: Examples): AsyncGenerator<DeviceBatch> {
    if (isStream(examples)) {
      for await (const batch of evaluationBatches(examples, { seed, batchSize })) {
        loader.checkDataset(batch);
        yield batches.range(batch, 0, batch.numExamples);
      }
      return;
    }
    for (const { begin, end } of batchRanges(examples.numExamples, batchSize))
      yield batches.range(examples, begin, end);
  }

  async function evaluateBatch(
    batch: DeviceBatch,
    { topK, wantsConfusion }: MetricsTally,
  ): Promise<BatchMetrics> {
    const rows = batch.inputs.shape[0];
    const { weightSum } = batch;
    const found = tf.tidy(() => {
      const outputs = stepper.forward(batch.inputs);
      const { losses } = lossOf(outputs, { ...batch, loss, classWeights });
      if (!isClassifier) {
        const errors = hasAbsoluteError(loss)
          ? tf.sum(tf.abs(tf.sub(outputs, batch.targets)), 1)
          : tf.zeros([0]);
        return { losses, errors };
      }
      const targets = labelsOf(batch);
      const predicted = tf.argMax(outputs, 1);
      return {
        losses,
        isCorrect: tf.equal(predicted, targets),
        ranks: topK.length > 0 ? labelRanks(outputs, targets) : tf.zeros([0]),
        cells: wantsConfusion
          ? tf.add(tf.mul(tf.cast(targets, "int32"), tf.scalar(outputSize, "int32")), predicted)
          : tf.zeros([0]),
      };
    });
    try {
      const { losses, isCorrect, ranks, cells, errors } = found;
      const [lossSum, correct, rankValues, cellValues, absoluteErrorSum] = await Promise.all([
        losses.data().then(sumOf),
        isCorrect?.data().then(sumOf),
        ranks?.data(),
        cells?.data(),
        errors?.data().then(sumOf),
      ]);
      const hits = topK.map((k) => sumOf(Array.from(rankValues ?? [], (rank) => Number(rank < k))));
      return {
        rows,
        lossSum,
        weightSum,
        topK: hits,
        correct: correct ?? 0,
        cells: cellValues ?? [],
        absoluteErrorSum: absoluteErrorSum ?? 0,
      };
    } finally {
      tf.dispose(found);
    }
  }

  /** The targets, or where the largest of them is. */
  function labelsOf({ targets }: DeviceBatch): Tensor {
    return takesIndices(loss) ? targets : tf.argMax(targets, 1);
  }

  async function predict(
    inputs: Float32Array | Uint8Array,
    inputScale: number,
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

  async function probabilities(inputs: Float32Array | Uint8Array, inputScale: number): Promise<Float32Array> {
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

  const driver = {
    cursor,
    loader,
    platform,
    seed,
    batchSize,
    isClassifier,
    inOrder,
    async step(dataset: Dataset, indices: Uint32Array) {
      const uploaded = batches.examples(dataset, indices);
      const { weightSum } = uploaded;
      return { lossSum: await withBatch(uploaded, (batch) => stepper.step(batch)), weightSum };
    },
  };
  const trainer: TfjsTrainer = {
    model,
    numParams,
    summary: () => summarize(model, options),
    step: (batch) => inOrder(() => step(batch)),
    direction: (batch) => inOrder(() => direction(batch)),
    train: (examples, limits) => inOrder(() => trainWithin(driver, examples, limits)),
    fit: (examples, fitOptions) => fitEpochs({ ...trainer, ...driver }, examples, fitOptions),
    evaluate: (examples, evaluateOptions) => inOrder(() => evaluate(examples, evaluateOptions)),
    predict: (inputs, predictOptions) => inOrder(async () => predict(inputs, toInputScale(predictOptions))),
    probabilities: (inputs, predictOptions) =>
      inOrder(async () => probabilities(inputs, toInputScale(predictOptions))),
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

async function withBatch<T>(batch: DeviceBatch, use: (batch: DeviceBatch) => Promise<T>): Promise<T> {
  try {
    return await use(batch);
  } finally {
    tf.dispose([batch.inputs, batch.targets, ...(batch.weights === null ? [] : [batch.weights])]);
  }
}
