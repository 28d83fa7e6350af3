import type { Dataset, Evaluation, Trainer } from "../../src/index.ts";
import { EdgepropError, createTrainer, errorCode } from "../../src/node.ts";
import { sliceExamples } from "../../src/data/index.ts";
import type { Splits } from "./cifar10.ts";
import { describeMachine } from "../command/machine.ts";
import type { EpochNumbers, Result } from "./results.ts";
import { paperModel, trainerOptions } from "./settings.ts";
import type { Setting } from "./settings.ts";

export interface ProgressOptions {
  /** After every epoch, with the result so far. */
  readonly onEpoch?: (result: Result) => void | Promise<void>;
}

/** Trains as `setting` says, and tests at the epoch of the best validation accuracy and at the last one. */
export async function runTraining(
  splits: Splits,
  setting: Setting,
  { onEpoch = () => {} }: ProgressOptions = {},
): Promise<Result> {
  const train = sliceExamples(splits.train, 0, setting.samples);
  const trainer = await createPaperTrainer(setting);
  const epochs: EpochNumbers[] = [];
  const head = {
    setting,
    made: { model: trainer.model, options: trainerOptions(setting) },
    machine: describeMachine(false),
    epochs,
  };
  let best = { epoch: 0, accuracy: -1, params: await trainer.getParams() };
  let [cpuSeconds, wallSeconds] = [0, 0];

  const diverged = await untilNonFinite(async () => {
    for (let epoch = 1; epoch <= setting.epochs; epoch++) {
      const [cpuBefore, wallBefore] = [process.cpuUsage(), performance.now()];
      const { lossSum, numExamples } = await trainer.train(train, { epochs: epoch });
      const cpu = process.cpuUsage(cpuBefore);
      cpuSeconds += (cpu.user + cpu.system) / 1e6;
      wallSeconds += (performance.now() - wallBefore) / 1e3;
      const { loss: trainingLoss } = await evaluateClasses(trainer, train);
      const validation = await evaluateClasses(trainer, splits.validation);
      epochs.push({
        epoch,
        stepLoss: lossSum / numExamples,
        trainingLoss,
        validationLoss: validation.loss,
        validationAccuracy: validation.accuracy,
        cpuSeconds,
        wallSeconds,
      });
      if (validation.accuracy > best.accuracy)
        best = { epoch, accuracy: validation.accuracy, params: await trainer.getParams() };
      await onEpoch(head);
    }
  });
  const result = { ...head, ...(diverged === undefined ? {} : { diverged }) };
  const last = epochs.at(-1);
  if (last === undefined) return result;
  const atLastEpoch = { epoch: last.epoch, ...(await evaluateClasses(trainer, splits.test)) };
  await trainer.setParams(best.params);
  const atBestValidation = { epoch: best.epoch, ...(await evaluateClasses(trainer, splits.test)) };
  return { ...result, test: { atBestValidation, atLastEpoch } };
}

/** The loss of all training examples after the epochs of `setting`; why training stopped where it diverged. */
export async function finalTrainingLoss(
  { train: all }: Pick<Splits, "train">,
  setting: Setting,
): Promise<{ readonly loss: number } | { readonly diverged: string }> {
  const train = sliceExamples(all, 0, setting.samples);
  const trainer = await createPaperTrainer(setting);
  let loss = Number.NaN;
  const diverged = await untilNonFinite(async () => {
    await trainer.train(train, { epochs: setting.epochs });
    ({ loss } = await evaluateClasses(trainer, train));
  });
  return diverged === undefined ? { loss } : { diverged };
}

function createPaperTrainer(setting: Setting): Promise<Trainer> {
  return createTrainer(paperModel(setting.model, setting.width), trainerOptions(setting));
}

async function evaluateClasses(
  trainer: Trainer,
  dataset: Dataset,
): Promise<{ readonly loss: number; readonly accuracy: number }> {
  const { loss, accuracy = 0 }: Evaluation = await trainer.evaluate(dataset);
  // The params are finite, and yet the loss is not: the trainer would say so in the next step.
  if (!Number.isFinite(loss)) throw new EdgepropError("non-finite", `the loss after the epoch is ${loss}`);
  return { loss, accuracy };
}

/** The message of what made `work` stop, where that was a number that is not finite; anything else is thrown. */
async function untilNonFinite(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof Error && errorCode(error) === "non-finite") return error.message;
    throw error;
  }
}
