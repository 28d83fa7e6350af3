import { isStream } from "../../data/index.ts";
import type { Examples } from "../../data/index.ts";
import type { ExampleReader, ReaderOptions } from "../../data/reader.ts";
import type { EpochCursor } from "./epoch-cursor.ts";

export type { ExampleReader } from "../../data/reader.ts";

/** The batches that come next, wherever the examples are. */
export function createExampleReader(
  examples: Examples,
  cursor: EpochCursor,
  options: ReaderOptions,
): ExampleReader {
  if (isStream(examples)) return examples.reader(cursor, options);
  return {
    next: async () => ({ dataset: examples, indices: cursor.peek(examples.numExamples) }),
    pass: () => cursor.pass(),
    settle: async () => {},
    close: async () => {},
  };
}
