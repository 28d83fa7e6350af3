import { epochOrder } from "../data/batches.ts";
import type { Dataset } from "../data/index.ts";
import { EdgepropError } from "../errors.ts";
import { checkPositiveInteger } from "./checks.ts";
import { meanLoss } from "./mean-loss.ts";
import type { EpochResult, FitOptions, Trainer, TrainLimits } from "./types.ts";

/** Where training is: epochs that are over, and how far into the next one of `numExamples` examples. */
export interface Cursor {
  readonly epoch: number;
  readonly position: number;
  readonly numExamples: number;
}

export const startOfEpochs: Cursor = { epoch: 0, position: 0, numExamples: 0 };

/** Which examples come next: a matter of seed and epoch alone, not of how calls slice training. */
export interface EpochCursor {
  /** Epochs that are over. */
  readonly epoch: number;
  readonly at: Cursor;
  /** The indices of the next batch; throws `bad-shape` when a dataset of another size comes within an epoch. */
  peek(numExamples: number): Uint32Array;
  /** Leaves that batch behind. */
  pass(): void;
}

export function createEpochCursor(
  { seed, batchSize }: { readonly seed: number; readonly batchSize: number },
  start: Cursor = startOfEpochs,
): EpochCursor {
  let { epoch, position, numExamples: size } = start;
  /** Of the epoch in progress, if there is one. */
  let order = epochOrder(position > 0 ? size : 0, { seed, epoch });

  return {
    get epoch() {
      return epoch;
    },
    get at() {
      return { epoch, position, numExamples: size };
    },
    peek(numExamples) {
      if (position === 0) {
        order = epochOrder(numExamples, { seed, epoch });
        size = numExamples;
      }
      if (order.length === numExamples) return order.subarray(position, position + batchSize);
      const found = `the epoch in progress has ${order.length} examples, the dataset ${numExamples}`;
      throw new EdgepropError("bad-shape", `${found}; finish it first`);
    },
    pass() {
      position += batchSize;
      if (position < order.length) return;
      epoch += 1;
      position = 0;
    },
  };
}

/** Infinity where there is no limit. */
export function checkLimits({ maxSteps, epochs }: TrainLimits): {
  readonly maxSteps: number;
  readonly epochs: number;
} {
  if (maxSteps === undefined && epochs === undefined) {
    throw new EdgepropError("bad-option", "train needs maxSteps, epochs, or both");
  }
  return {
    maxSteps: maxSteps === undefined ? Infinity : checkPositiveInteger("maxSteps", maxSteps),
    epochs: epochs === undefined ? Infinity : checkPositiveInteger("epochs", epochs),
  };
}

/** `Trainer.fit` by way of train and evaluate. */
export async function* fitEpochs(
  { train, evaluate }: Pick<Trainer, "train" | "evaluate">,
  cursor: EpochCursor,
  { dataset, epochs, validation }: FitOptions & { readonly dataset: Dataset },
): AsyncGenerator<EpochResult> {
  const last = cursor.epoch + checkPositiveInteger("epochs", epochs);
  for (let epoch = cursor.epoch + 1; epoch <= last; epoch++) {
    const result = { epoch, loss: meanLoss(await train(dataset, { epochs: epoch })) };
    yield validation === undefined ? result : { ...result, validation: await evaluate(validation) };
  }
}
