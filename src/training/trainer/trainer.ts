import { EdgepropError } from "../../errors.ts";
import type { Model } from "../../model/index.ts";
import { createEpochCursor } from "../batches/epoch-cursor.ts";
import type { Cursor, EpochCursor } from "../batches/epoch-cursor.ts";
import { after } from "../engine/engine.ts";
import type { Awaitable, TrainingEngine } from "../engine/engine.ts";
import type { CallQueue } from "../loop/call-queue.ts";
import { fitEpochs } from "../loop/fit.ts";
import { meanLoss } from "../loop/mean-loss.ts";
import { trainWithin } from "../loop/train.ts";
import type { StepFunction, TrainDriver } from "../loop/train.ts";
import type { Platform } from "../options/platform.ts";
import { checkParams } from "../options/trainer-options.ts";
import type { TrainingOptions } from "../options/trainer-options.ts";
import type { Batch, DirectionResult, Trainer } from "../options/trainer-types.ts";
import { createPredictorOn } from "./predictor.ts";

export interface TrainerParts<E> {
  readonly trainer: Trainer;
  readonly queue: CallQueue<E>;
  readonly cursor: EpochCursor;
}

export interface TrainerSetup {
  readonly model: Model;
  readonly options: TrainingOptions;
  /** Where training starts. */
  readonly cursor: Cursor;
  readonly platform: Omit<Platform, "loadKernels">;
}

/** A trainer on whatever computes: queue, cursor, loops and checks are these, for every engine. */
export function createTrainerOn<B, E extends TrainingEngine<B>>(
  engine: E,
  { model, options, cursor: start, platform }: TrainerSetup,
): TrainerParts<E> {
  const { predictor, queue, checks } = createPredictorOn<B, E>(engine, model, options);
  const { numParams } = model;
  const { batchSize, seed, loss } = options;
  const cursor = createEpochCursor({ seed, batchSize }, start);

  function load(found: E, batch: Batch): B {
    const dataset = checks.toDataset(batch);
    checks.checkDataset(dataset);
    if (dataset.numExamples > batchSize) {
      throw new EdgepropError(
        "bad-shape",
        `the batch has ${dataset.numExamples} examples; the trainer was made for at most ${batchSize}`,
      );
    }
    return found.loadRange(dataset, 0, dataset.numExamples);
  }

  /** What `run` makes of the batch, which the engine gets back. */
  function using<T>(found: E, batch: B, run: () => Awaitable<T>): Awaitable<T> {
    if (found.release === undefined) return run();
    return (async () => run())().finally(() => found.release?.(batch));
  }

  function direction(found: E, given: Batch): Awaitable<DirectionResult> {
    const batch = load(found, given);
    return after(
      using(found, batch, () => found.direction(batch)),
      ({ lossSum, weightSum, ...values }) => ({ loss: meanLoss(lossSum, weightSum), ...values }),
    );
  }

  function stepOn(found: E): StepFunction {
    return (dataset, indices) => {
      const batch = found.loadExamples(dataset, indices);
      return using(found, batch, () => found.step(batch));
    };
  }

  const isClassifier = loss.type.outputs === "classes";
  const driver: TrainDriver = { cursor, checks, platform, seed, batchSize, isClassifier };
  const trainer: Trainer = {
    ...predictor,
    step: (given) =>
      queue.call((found) => {
        const batch = load(found, given);
        return after(
          using(found, batch, () => found.step(batch)),
          ({ lossSum, weightSum }) => ({ loss: meanLoss(lossSum, weightSum) }),
        );
      }),
    direction: (batch) => queue.call((found) => direction(found, batch)),
    train: (examples, limits) =>
      queue.call((found) => trainWithin({ ...driver, step: stepOn(found) }, examples, limits)),
    fit: (examples, fitOptions) =>
      fitEpochs(
        { ...trainer, ...driver, inOrder: (run) => queue.call((found) => run(stepOn(found))) },
        examples,
        fitOptions,
      ),
    getDelta: (from) =>
      queue.call((found) => {
        checkParams(from, numParams);
        return after(found.readParams(), (params) => params.map((value, i) => value - (from[i] ?? 0)));
      }),
  };
  return { trainer, queue, cursor };
}
