import * as tf from "@tensorflow/tfjs-core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { EdgepropError } from "../../errors.ts";
import type { Model } from "../../model/index.ts";
import type {
  MetricsWanted,
  OutputForm,
  PredictionEngine,
  TrainingEngine,
} from "../../training/engine/engine.ts";
import type { BatchMetrics } from "../../training/loop/metrics.ts";
import type { ReadOptions } from "../../training/options/trainer-options.ts";
import { disposeBatch, takesIndices } from "./device-batches.ts";
import type { DeviceBatch, DeviceBatches } from "./device-batches.ts";
import { labelRanks, lossOf, probabilitiesOf, sumOf } from "./losses.ts";
import { flatten, takeValues, unflatten, writeParams } from "./params.ts";
import type { Param } from "./params.ts";
import type { TfjsStepper } from "./stepper.ts";

export interface TfjsEngineParts {
  readonly options: ReadOptions;
  readonly params: readonly Param[];
  readonly batches: DeviceBatches;
  readonly stepper: Pick<TfjsStepper, "forward" | "dispose">;
}

/** Evaluation and prediction on tfjs's backend: what is uploaded when, what runs on it, and what is read back. */
export function createTfjsPredictions(
  { outputSize }: Model,
  { options, params, batches, stepper }: TfjsEngineParts,
): PredictionEngine<DeviceBatch> {
  const { loss, classWeights } = options;

  async function measure(batch: DeviceBatch, { topK, wantsConfusion }: MetricsWanted): Promise<BatchMetrics> {
    const rows = batch.inputs.shape[0];
    const found = tf.tidy(() => {
      const outputs = stepper.forward(batch.inputs);
      const { losses } = lossOf(outputs, { ...batch, loss, classWeights });
      if (loss.type.outputs !== "classes") {
        const hasErrors = loss.type.outputs === "values";
        const errors = hasErrors ? tf.sum(tf.abs(tf.sub(outputs, batch.targets)), 1) : tf.zeros([0]);
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
      return {
        rows,
        lossSum,
        weightSum: batch.weightSum,
        topK: topK.map((k) => sumOf(Array.from(rankValues ?? [], (rank) => Number(rank < k)))),
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

  async function outputsOf({ inputs }: DeviceBatch, as: OutputForm): Promise<Float32Array | Int32Array> {
    const found: Tensor = tf.tidy(() => {
      const outputs = stepper.forward(inputs);
      if (as === "classes") return tf.argMax(outputs, 1);
      return as === "probabilities" ? probabilitiesOf(loss, outputs) : outputs;
    });
    return takeValues(found);
  }

  return {
    loadRange: batches.range,
    loadInputs: batches.inputs,
    release: disposeBatch,
    measure,
    outputs: outputsOf,

    readParams: () => takeValues(flatten(params.map((param) => param.read()))),

    writeParams(flat) {
      // A copy: tfjs keeps the array that it is given, and uploads it when it pleases.
      tf.tidy(() => writeParams(params, unflatten(tf.tensor1d(flat.slice()), params)));
    },

    dispose() {
      stepper.dispose();
      for (const param of params) param.dispose();
    },
  };
}

/** The same, and training. */
export function createTfjsEngine(
  model: Model,
  parts: TfjsEngineParts & { readonly stepper: TfjsStepper },
): TrainingEngine<DeviceBatch> {
  const { batches, stepper } = parts;
  return {
    ...createTfjsPredictions(model, parts),
    loadExamples: batches.examples,

    async step(batch) {
      return { lossSum: await stepper.step(batch), weightSum: batch.weightSum };
    },

    async direction(batch) {
      const found = await stepper.direction(batch);
      const [outputs, direction] = await Promise.all([
        takeValues(found.outputs),
        takeValues(found.direction),
      ]);
      const bad = direction.find((value) => !Number.isFinite(value));
      if (bad !== undefined)
        throw new EdgepropError("non-finite", `the direction has a value that is ${bad}; scale the inputs`);
      return { lossSum: found.lossSum, weightSum: batch.weightSum, outputs, direction };
    },
  };
}
