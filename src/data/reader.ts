import type { Dataset } from "./dataset.ts";

/** The batches that come next, wherever the examples are. */
export interface ExampleReader {
  /** null: the epoch was over with the batch before. */
  next(): Promise<NextBatch | null>;
  /** Ends an epoch whose last batch is behind, which only a stream's source can tell. */
  settle(): Promise<void>;
  /** Leaves that batch behind. */
  pass(): void;
  /** A stream's source is closed; who reads on later reads the epoch again up to where it was. */
  close(): Promise<void>;
}

interface NextBatch {
  readonly dataset: Dataset;
  readonly indices: Uint32Array;
}

export interface ReaderOptions {
  readonly seed: number;
  readonly batchSize: number;
}

/** Where training is in the epochs of a stream; throws `bad-shape` within an epoch of a dataset. */
export interface StreamCursor {
  readonly at: { readonly epoch: number; readonly position: number };
  peekStream(): { readonly epoch: number; readonly position: number };
  /** Leaves a batch behind; the epoch is over when it is a short one. */
  passStream(rows: number): void;
  /** The stream had no more. */
  endStream(): void;
}
