import { checkOptions, describeValue } from "../checks/check-options.ts";
import { EdgepropError } from "../errors.ts";
import type { Dataset, DatasetParts } from "./dataset.ts";

/** Labelled examples that come chunk by chunk: more than fit into memory. */
export interface ExampleStream {
  /** Values an example. */
  readonly inputSize: number;
  /** Examples that are shuffled among one another; 0: they come in their order. */
  readonly shuffleBuffer: number;
  /** Called for every epoch and every evaluation. */
  readonly source: () => AsyncIterable<ExampleChunk>;
}

/** Any number of examples, none included. */
export type ExampleChunk = Omit<DatasetParts, "inputSize"> & { readonly inputSize?: number };

/** What a trainer learns from and is evaluated on. */
export type Examples = Dataset | ExampleStream;

export interface StreamOptions {
  /** Values an example. */
  readonly inputSize: number;
  /** Default 0. */
  readonly shuffleBuffer?: number;
}

/**
 * Examples from a source that is iterated afresh every epoch and asked for a chunk only when the examples of the one
 * before are used up. In memory are one chunk, one batch and the shuffle buffer. An order depends on the seed of the
 * trainer and the epoch alone, not on how the examples are cut into chunks: while the buffer is full, each example that
 * comes pushes out a random one. Throws `bad-option`.
 */
export function streamExamples(
  source: () => AsyncIterable<ExampleChunk>,
  options: StreamOptions,
): ExampleStream {
  checkOptions(options, "streamExamples", ["inputSize", "shuffleBuffer"]);
  const { inputSize, shuffleBuffer = 0 } = options;
  if (typeof source !== "function") {
    throw new EdgepropError(
      "bad-option",
      "the source is no function; expected one that returns a fresh async iterable, so that every epoch can begin anew",
    );
  }
  if (!Number.isSafeInteger(inputSize) || inputSize < 1)
    throw new EdgepropError(
      "bad-option",
      `inputSize is ${describeValue(inputSize)}; expected a positive integer`,
    );
  if (!Number.isSafeInteger(shuffleBuffer) || shuffleBuffer < 0) {
    throw new EdgepropError(
      "bad-option",
      `shuffleBuffer is ${describeValue(shuffleBuffer)}; expected a number of examples, or 0 for none`,
    );
  }
  return { inputSize, shuffleBuffer, source };
}

export function isStream(examples: Examples): examples is ExampleStream {
  return "source" in examples;
}
