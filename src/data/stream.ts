import { checkOptions } from "../checks/check-options.ts";
import { readFields } from "../checks/field-reader.ts";
import { EdgepropError } from "../errors.ts";
import type { Dataset } from "./dataset.ts";
import type { ExampleReader, ReaderOptions, StreamCursor } from "./reader.ts";
import type { ExampleChunk, StreamExamples } from "./stream-batches.ts";
import { createStreamReader, evaluationBatches } from "./stream-reader.ts";

/** Labelled examples that come chunk by chunk: more than fit into memory. */
export interface ExampleStream extends StreamExamples {
  /** The batches that come next in training: a stream brings its reader, so that a device without streams has none. */
  readonly reader: (cursor: StreamCursor, options: ReaderOptions) => ExampleReader;
  /** All batches in their order, for an evaluation. */
  readonly inOrder: (options: ReaderOptions) => AsyncIterable<Dataset>;
}

/** What a trainer learns from and is evaluated on. */
export type Examples = Dataset | ExampleStream;

export interface StreamOptions {
  /** Values per example. */
  readonly inputSize: number;
  /** Default 0. */
  readonly shuffleBuffer?: number;
}

/**
 * Examples from a source that is iterated afresh in every epoch. A chunk is asked for only when the examples of the
 * one before are used up, so one chunk, one batch and the shuffle buffer are in memory at a time. The order depends on
 * the trainer's seed and the epoch alone, not on how the examples are cut into chunks: while the buffer is full, each
 * new example pushes out a random one. Throws `bad-option`.
 *
 * @example
 * ```ts
 * async function* readChunks() {
 *   yield { inputs: [[0, 1], [1, 0]], targets: [1, 0] }; // from a file, a bucket, the network
 *   yield { inputs: [[1, 1]], targets: [1] };
 * }
 * const stream = streamExamples(readChunks, { inputSize: 2, shuffleBuffer: 2 });
 * const { numExamples } = await trainer.train(stream, { epochs: 1 });
 * console.log(numExamples); // 3
 * ```
 */
export function streamExamples(
  source: () => AsyncIterable<ExampleChunk>,
  given: StreamOptions,
): ExampleStream {
  checkOptions(given, "streamExamples", ["inputSize", "shuffleBuffer"]);
  const { inputSize, shuffleBuffer = 0 } = given;
  if (typeof source !== "function") {
    throw new EdgepropError(
      "bad-option",
      "the source is no function; expected one that returns an async iterable per epoch",
    );
  }
  const fields = readFields(given, "");
  fields.positiveInteger("inputSize");
  fields.count("shuffleBuffer", 0);
  const stream: StreamExamples = { inputSize, shuffleBuffer, source };
  return {
    ...stream,
    reader: (cursor, options) => createStreamReader(stream, cursor, options),
    inOrder: (options) => evaluationBatches(stream, options),
  };
}

export function isStream(examples: Examples): examples is ExampleStream {
  return "source" in examples;
}
