import type { Dataset } from "./dataset.ts";
import type { ExampleReader, ReaderOptions, StreamCursor } from "./reader.ts";
import { streamBatches } from "./stream-batches.ts";
import type { StreamBatch, StreamExamples } from "./stream-batches.ts";

/** The batches that come next of a stream. */
export function createStreamReader(
  stream: StreamExamples,
  cursor: StreamCursor,
  { seed, batchSize }: ReaderOptions,
): ExampleReader {
  let open: ReturnType<typeof streamBatches> | null = null;
  /** Where the open epoch goes on. */
  let place = "";
  /** The batch that comes next, where it has been pulled. */
  let pulled: StreamBatch | null = null;
  let current: StreamBatch | null = null;

  async function close(): Promise<void> {
    const closing = open;
    [open, pulled, current] = [null, null, null];
    await closing?.return();
  }

  /** null: the stream had no more, and the epoch is over. */
  async function pull(): Promise<StreamBatch | null> {
    const { epoch, position } = cursor.peekStream();
    if (open === null || place !== `${epoch} ${position}`) {
      await close();
      open = streamBatches(stream, { seed, batchSize, epoch, skip: position });
      place = `${epoch} ${position}`;
    }
    pulled ??= (await open.next()).value ?? null;
    if (pulled !== null) return pulled;
    open = null;
    cursor.endStream();
    return null;
  }

  return {
    async next() {
      current = await pull();
      pulled = null;
      if (current === null) return null;
      const { dataset } = current;
      return { dataset, indices: Uint32Array.from({ length: dataset.numExamples }, (_, row) => row) };
    },
    pass() {
      cursor.passStream(current?.dataset.numExamples ?? 0);
      const { epoch, position } = cursor.at;
      // A new epoch begins with a new iteration.
      if (position > 0) place = `${epoch} ${position}`;
    },
    async settle() {
      if (cursor.at.position > 0 && current?.mayBeLast !== false) await pull();
    },
    close,
  };
}

/** The batches of one evaluation, in order. */
export async function* evaluationBatches(
  examples: StreamExamples,
  { seed, batchSize }: ReaderOptions,
): AsyncGenerator<Dataset> {
  const inOrder = { ...examples, shuffleBuffer: 0 };
  for await (const { dataset } of streamBatches(inOrder, { seed, batchSize, epoch: 0, skip: 0 }))
    yield dataset;
}
