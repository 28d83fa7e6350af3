import { epochOrder } from "../../data/batches.ts";
import { EdgepropError } from "../../errors.ts";

/**
 * Where training is: epochs that are over, and how far into the next one of `numExamples` examples; 0 while that is an
 * epoch of a stream, which does not tell how many there will be.
 */
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
  /** Where a stream goes on; throws `bad-shape` within an epoch of a dataset. */
  peekStream(): { readonly epoch: number; readonly position: number };
  /** Leaves a batch of a stream behind; the epoch is over when it is a short one. */
  passStream(rows: number): void;
  /** The stream had no more. */
  endStream(): void;
}

export function createEpochCursor(
  { seed, batchSize }: { readonly seed: number; readonly batchSize: number },
  start: Cursor = startOfEpochs,
): EpochCursor {
  let { epoch, position, numExamples: size } = start;
  /** The order of the epoch in progress, if there is one over a dataset. */
  let order = epochOrder(position > 0 ? size : 0, { seed, epoch });

  function nextEpoch(): void {
    epoch += 1;
    position = 0;
  }

  function refuse(found: string): EdgepropError {
    const inProgress = size === 0 ? "is of a stream" : `has ${size} examples`;
    return new EdgepropError("bad-shape", `the epoch in progress ${inProgress}, ${found}; finish it first`);
  }

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
      if (size === numExamples) return order.subarray(position, position + batchSize);
      throw refuse(`the dataset ${numExamples}`);
    },
    pass() {
      position += batchSize;
      if (position >= order.length) nextEpoch();
    },
    peekStream() {
      if (position === 0) size = 0;
      if (size > 0) throw refuse("a stream has come");
      return { epoch, position };
    },
    passStream(rows) {
      position += batchSize;
      if (rows < batchSize) nextEpoch();
    },
    endStream: nextEpoch,
  };
}
