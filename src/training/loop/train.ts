import { checkOptions } from "../../checks/check-options.ts";
import type { Dataset, Examples } from "../../data/index.ts";
import { isStream } from "../../data/index.ts";
import { EdgepropError } from "../../errors.ts";
import type { BatchChecks } from "../batches/batch-checks.ts";
import type { Awaitable, LossSums } from "../engine/engine.ts";
import { toPositiveInteger } from "../../checks/field-reader.ts";
import { createCpuBudget } from "./cpu-budget.ts";
import type { EpochCursor } from "../batches/epoch-cursor.ts";
import { createExampleReader } from "../batches/example-reader.ts";
import type { ExampleReader } from "../batches/example-reader.ts";
import type { Platform } from "../options/platform.ts";
import type { Trainer, TrainLimits, TrainResult } from "../options/trainer-types.ts";

/** What `train` and `fit` drive, whatever computes. */
export interface TrainDriver {
  readonly cursor: EpochCursor;
  readonly checks: BatchChecks;
  readonly platform: Omit<Platform, "loadKernels">;
  readonly seed: number;
  readonly batchSize: number;
  readonly isClassifier: boolean;
}

/** One step on the examples at these indices. */
export type StepFunction = (dataset: Dataset, indices: Uint32Array) => Awaitable<LossSums>;

export type FitDriver = TrainDriver &
  Pick<Trainer, "evaluate" | "getParams" | "setParams"> & {
    /** Runs it when the calls before are done. */
    readonly inOrder: <T>(run: (step: StepFunction) => T | Promise<T>) => Promise<T>;
  };

/** Throws `bad-shape`; the chunks of a stream are looked at when they come. */
export function openExamples(driver: TrainDriver, examples: Examples): ExampleReader {
  checkExamples(driver.checks, examples);
  return createExampleReader(examples, driver.cursor, driver);
}

/** Throws `bad-shape`. */
export function checkExamples(checks: BatchChecks, examples: Examples): void {
  // Plain JavaScript may hand over anything.
  const given: unknown = examples;
  if (typeof given !== "object" || given === null || !("inputs" in given || "source" in given)) {
    throw new EdgepropError(
      "bad-shape",
      "the examples are neither a dataset nor a stream; make one by toDataset or streamExamples",
    );
  }
  if (!isStream(examples)) checks.checkDataset(examples);
}

/** null: the epoch was over with the step before. */
export async function takeStep(
  { checks, step }: Pick<TrainDriver, "checks"> & { readonly step: StepFunction },
  reader: ExampleReader,
): Promise<(LossSums & { readonly numExamples: number }) | null> {
  const batch = await reader.next();
  if (batch === null) return null;
  checks.checkDataset(batch.dataset);
  const { lossSum, weightSum } = await step(batch.dataset, batch.indices);
  reader.pass();
  return { lossSum, weightSum, numExamples: batch.indices.length };
}

/** `Trainer.train`. At least one step is taken, however small the budget: calls in a row come to an end. */
export async function trainWithin(
  driver: TrainDriver & { readonly step: StepFunction },
  examples: Examples,
  limits: TrainLimits,
): Promise<TrainResult> {
  checkOptions(limits, "train", ["maxSteps", "epochs", "cpuBudgetMs"]);
  const { maxSteps, epochs } = checkLimits(limits);
  const budget = createCpuBudget(driver.platform, limits.cpuBudgetMs);
  const reader = openExamples(driver, examples);
  const { cursor } = driver;
  let [steps, lossSum, weightSum, numExamples] = [0, 0, 0, 0];
  try {
    while (steps < maxSteps && cursor.epoch < epochs && (steps === 0 || (await budget.hasTime()))) {
      const taken = await takeStep(driver, reader);
      if (taken === null) continue;
      steps += 1;
      lossSum += taken.lossSum;
      weightSum += taken.weightSum;
      numExamples += taken.numExamples;
    }
    await reader.settle();
  } finally {
    await reader.close();
  }
  return { steps, lossSum, weightSum, numExamples, isDone: cursor.epoch >= epochs };
}

/** Infinity where there is no limit. */
function checkLimits({ maxSteps, epochs, cpuBudgetMs }: TrainLimits): {
  readonly maxSteps: number;
  readonly epochs: number;
} {
  if (maxSteps === undefined && epochs === undefined && cpuBudgetMs === undefined)
    throw new EdgepropError("bad-option", "train needs at least one of maxSteps, epochs and cpuBudgetMs");
  return {
    maxSteps: maxSteps === undefined ? Infinity : toPositiveInteger(maxSteps, "maxSteps"),
    epochs: epochs === undefined ? Infinity : toPositiveInteger(epochs, "epochs"),
  };
}
