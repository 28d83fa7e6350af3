import { checkOptions } from "../../checks/check-options.ts";
import { batchRanges } from "../../data/batches.ts";
import { isStream } from "../../data/index.ts";
import type { Examples } from "../../data/index.ts";
import { EdgepropError } from "../../errors.ts";
import type { Model } from "../../model/index.ts";
import type { BatchChecks } from "../batches/batch-checks.ts";
import { createBatchChecks } from "../batches/batch-checks.ts";
import type { OutputForm, PredictionEngine } from "../engine/engine.ts";
import { createCallQueue } from "../loop/call-queue.ts";
import type { CallQueue } from "../loop/call-queue.ts";
import { createMetricsTally } from "../loop/metrics.ts";
import { checkExamples } from "../loop/train.ts";
import { checkParams } from "../options/trainer-options.ts";
import type { ReadOptions } from "../options/trainer-options.ts";
import type { EvaluateOptions, Evaluation, PredictOptions, Predictor } from "../options/trainer-types.ts";

export interface PredictorParts<E> {
  readonly predictor: Predictor;
  readonly queue: CallQueue<E>;
  readonly checks: BatchChecks;
}

/** Evaluation and prediction on whatever computes, and the queue that everything else on it goes through. */
export function createPredictorOn<B, E extends PredictionEngine<B>>(
  engine: E,
  model: Model,
  { loss, seed, batchSize }: ReadOptions,
): PredictorParts<E> {
  const queue = createCallQueue(engine);
  const checks = createBatchChecks(model, loss);
  const { numParams, outputSize, inputSize } = model;

  async function evaluate(found: E, examples: Examples, options: EvaluateOptions = {}): Promise<Evaluation> {
    const tally = createMetricsTally({ loss, outputSize }, options);
    const measure = async (batch: B): Promise<void> => {
      try {
        tally.add(await found.measure(batch, tally));
      } finally {
        found.release?.(batch);
      }
    };
    checkExamples(checks, examples);
    if (isStream(examples)) {
      for await (const batch of examples.inOrder({ seed, batchSize })) {
        checks.checkDataset(batch);
        await measure(found.loadRange(batch, 0, batch.numExamples));
      }
    } else {
      for (const { begin, end } of batchRanges(examples.numExamples, batchSize))
        await measure(found.loadRange(examples, begin, end));
    }
    return tally.result();
  }

  async function outputsOf(
    found: E,
    inputs: Float32Array | Uint8Array,
    { as, options = {} }: { readonly as: OutputForm; readonly options?: PredictOptions | undefined },
  ): Promise<Float32Array | Int32Array> {
    const { inputScale = 1 } = checkOptions(options, "predict", ["inputScale"]);
    const count = checks.toDataset({ inputs, targets: new Int32Array(0) }).numExamples;
    const width = as === "classes" ? 1 : outputSize;
    const values = as === "classes" ? new Int32Array(count) : new Float32Array(count * width);
    for (const { begin, end } of batchRanges(inputs.length / inputSize, batchSize)) {
      const batch = found.loadInputs(inputs, { inputScale, begin, end });
      try {
        values.set(await found.outputs(batch, as), begin * width);
      } finally {
        found.release?.(batch);
      }
    }
    return values;
  }

  async function setParams(found: E, params: Float32Array): Promise<void> {
    checkParams(params, numParams);
    // The engine's own search: a loop of ours takes milliseconds while it is interpreted.
    const bad = [Number.NaN, Infinity, -Infinity].find((value) => params.includes(value));
    if (bad !== undefined) {
      const index = params.findIndex((value) => Object.is(value, bad));
      throw new EdgepropError("non-finite", `param ${index} is ${bad}; expected finite numbers`);
    }
    await found.writeParams(params);
  }

  const predictor: Predictor = {
    model,
    numParams,
    evaluate: (examples, options) => queue.call((found) => evaluate(found, examples, options)),
    predict: (inputs, options) =>
      queue.call((found) =>
        outputsOf(found, inputs, { as: loss.type.outputs === "classes" ? "classes" : "values", options }),
      ),
    probabilities: (inputs, options) =>
      queue.call((found) =>
        outputsOf(found, inputs, { as: "probabilities", options }),
      ) as Promise<Float32Array>,
    getParams: () => queue.call(async (found) => (await found.readParams()).slice()),
    setParams: (params) => queue.call((found) => setParams(found, params)),
    dispose: () => queue.close((found) => found.dispose()),
    [Symbol.dispose]() {
      void predictor.dispose();
    },
  };
  return { predictor, queue, checks };
}
