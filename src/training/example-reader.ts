import { isStream } from "../data/index.ts";
import type { Dataset, Examples, ExampleStream } from "../data/index.ts";
import { streamBatches } from "../data/stream-batches.ts";
import type { EpochCursor } from "./epochs.ts";

/** The batches that come next, wherever the examples are. */
export interface ExampleReader {
  /** null: the epoch was over with the batch before. */
  next(): Promise<NextBatch | null>;
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

export function createExampleReader(
  examples: Examples,
  cursor: EpochCursor,
  options: ReaderOptions,
): ExampleReader {
  if (isStream(examples)) return createStreamReader(examples, cursor, options);
  return {
    next: async () => ({ dataset: examples, indices: cursor.peek(examples.numExamples) }),
    pass: () => cursor.pass(),
    close: async () => {},
  };
}

function createStreamReader(
  stream: ExampleStream,
  cursor: EpochCursor,
  { seed, batchSize }: ReaderOptions,
): ExampleReader {
  let open: { readonly batches: ReturnType<typeof streamBatches>; readonly place: string } | null = null;
  let rows = 0;

  async function close(): Promise<void> {
    const closing = open;
    open = null;
    await closing?.batches.return();
  }

  return {
    async next() {
      const { epoch, position } = cursor.peekStream();
      const place = `${epoch} ${position}`;
      if (open?.place !== place) {
        await close();
        open = { batches: streamBatches(stream, { seed, batchSize, epoch, skip: position }), place };
      }
      const found = await open.batches.next();
      if (found.done === true) {
        open = null;
        cursor.endStream();
        return null;
      }
      rows = found.value.numExamples;
      return { dataset: found.value, indices: Uint32Array.from({ length: rows }, (_, row) => row) };
    },
    pass() {
      cursor.passStream(rows);
      const { epoch, position } = cursor.at;
      // A new epoch begins with a new iteration.
      if (open !== null && position > 0) open = { ...open, place: `${epoch} ${position}` };
    },
    close,
  };
}

/** The batches of one evaluation, in order. */
export async function* evaluationBatches(
  examples: ExampleStream,
  { seed, batchSize }: ReaderOptions,
): AsyncGenerator<Dataset> {
  yield* streamBatches({ ...examples, shuffleBuffer: 0 }, { seed, batchSize, epoch: 0, skip: 0 });
}
