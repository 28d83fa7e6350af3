import { checkOptions, describeValue } from "../../checks/check-options.ts";
import type { Examples } from "../../data/index.ts";
import { EdgepropError } from "../../errors.ts";
import { createBestEpoch } from "./best-epoch.ts";
import { toPositiveInteger } from "../../checks/field-reader.ts";
import { meanLoss } from "./mean-loss.ts";
import { pauseByTimer } from "../options/platform.ts";
import { checkExamples, openExamples, takeStep } from "./train.ts";
import type { FitDriver } from "./train.ts";
import type { EpochResult, FitOptions } from "../options/trainer-types.ts";

/** `Trainer.fit`. */
export async function* fitEpochs(
  driver: FitDriver,
  examples: Examples,
  options: FitOptions,
): AsyncGenerator<EpochResult> {
  const { cursor, batchSize, checks, inOrder, platform } = driver;
  checkOptions(options, "fit", ["epochs", "validation", "onStep", "earlyStopping", "restoreBest", "signal"]);
  const { validation, onStep, signal } = options;
  if (onStep !== undefined && typeof onStep !== "function")
    throw new EdgepropError("bad-option", `onStep is ${describeValue(onStep)}; expected a function`);
  if (signal !== undefined && typeof signal?.throwIfAborted !== "function")
    throw new EdgepropError("bad-option", `signal is ${describeValue(signal)}; expected an AbortSignal`);
  const epochs = toPositiveInteger(options.epochs, "epochs");
  const best = createBestEpoch(options, driver.isClassifier);
  if (validation !== undefined) checkExamples(driver.checks, validation);
  const reader = openExamples(driver, examples);

  /** The mean loss of the epoch in progress, from here on. */
  async function trainEpoch(epoch: number): Promise<number> {
    let [lossSum, weightSum] = [0, 0];
    while (cursor.epoch < epoch) {
      signal?.throwIfAborted();
      const number = cursor.at.position / batchSize + 1;
      const taken = await inOrder((step) => takeStep({ checks, step }, reader));
      if (taken === null) continue;
      lossSum += taken.lossSum;
      weightSum += taken.weightSum;
      await onStep?.({
        epoch,
        step: number,
        loss: meanLoss(taken.lossSum, taken.weightSum),
        numExamples: taken.numExamples,
      });
      // A timer or a click that aborts needs a turn of its own.
      if (signal !== undefined) await (platform.pause ?? pauseByTimer)();
    }
    return meanLoss(lossSum, weightSum);
  }

  try {
    await inOrder(() => reader.settle());
    const last = cursor.epoch + epochs;
    for (let epoch = cursor.epoch + 1; epoch <= last; epoch++) {
      const result: EpochResult = { epoch, loss: await trainEpoch(epoch) };
      signal?.throwIfAborted();
      if (validation === undefined) {
        yield result;
        continue;
      }
      const evaluation = await driver.evaluate(validation);
      if (best === null) {
        yield { ...result, validation: evaluation };
        continue;
      }
      const isBest = best.take(evaluation);
      if (isBest) await best.keep(driver);
      yield { ...result, validation: evaluation, isBest };
      if (best.isOver) return;
    }
  } finally {
    await reader.close();
    await best?.restore(driver);
  }
}
