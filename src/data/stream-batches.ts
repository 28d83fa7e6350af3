import { checkObject } from "../checks/check-options.ts";
import { EdgepropError } from "../errors.ts";
import { copyExamples, emptyExamples } from "./copy-examples.ts";
import { sliceExamples, toDataset } from "./dataset.ts";
import type { Dataset, DatasetParts } from "./dataset.ts";
import { createRandom } from "./random.ts";

/** Any number of examples, possibly none. */
export type ExampleChunk = Omit<DatasetParts, "inputSize"> & { readonly inputSize?: number };

/** What a stream says of its examples. */
export interface StreamExamples {
  /** Values per example. */
  readonly inputSize: number;
  /** How many examples are shuffled among one another; 0 keeps the order. */
  readonly shuffleBuffer: number;
  /** Called for every epoch and every evaluation. */
  readonly source: () => AsyncIterable<ExampleChunk>;
}

export interface StreamBatchesOptions {
  readonly batchSize: number;
  readonly seed: number;
  /** Counted from 0. */
  readonly epoch: number;
  /** How many examples of the epoch to pass over: whole batches that an earlier call has seen. */
  readonly skip: number;
}

export interface StreamBatch {
  readonly dataset: Dataset;
  /** True where only the source can tell whether another batch follows. */
  readonly mayBeLast: boolean;
}

/**
 * One epoch of a stream in batches, the last one shorter. A batch is valid until the next one is asked for: all
 * batches share one memory. A caller that stops early closes the source by returning the generator.
 */
export async function* streamBatches(
  { source, inputSize, shuffleBuffer }: StreamExamples,
  { batchSize, seed, epoch, skip }: StreamBatchesOptions,
): AsyncGenerator<StreamBatch, void, undefined> {
  const random = createRandom(seed, "stream", epoch);
  let tables: { readonly batch: Dataset; readonly buffer: Dataset } | null = null;
  let filled = 0;
  let buffered = 0;
  let passed = 0;

  /** Yields the batch unless it is passed over, and makes room for the next one. */
  function* finish(batch: Dataset, mayBeLast: boolean): Generator<StreamBatch> {
    const rows = filled;
    filled = 0;
    passed += rows;
    if (passed > skip) yield { dataset: sliceExamples(batch, 0, rows), mayBeLast };
  }

  for await (const parts of iterate(source)) {
    const chunk = toChunk(parts, inputSize);
    if (chunk.numExamples === 0) continue;
    tables ??= { batch: emptyExamples(chunk, batchSize), buffer: emptyExamples(chunk, shuffleBuffer) };
    const { batch, buffer } = tables;
    checkAlike(chunk, batch);
    for (let row = 0; row < chunk.numExamples;) {
      const left = chunk.numExamples - row;
      if (buffered < shuffleBuffer) {
        const count = Math.min(left, shuffleBuffer - buffered);
        copyExamples(chunk, row, { count, to: buffer, at: buffered });
        buffered += count;
        row += count;
        continue;
      }
      const count = shuffleBuffer > 0 ? 1 : Math.min(left, batchSize - filled);
      if (shuffleBuffer > 0) {
        const drawn = random.below(buffered);
        copyExamples(buffer, drawn, { count, to: batch, at: filled });
        copyExamples(chunk, row, { count, to: buffer, at: drawn });
      } else {
        copyExamples(chunk, row, { count, to: batch, at: filled });
      }
      filled += count;
      row += count;
      if (filled === batchSize) yield* finish(batch, row === chunk.numExamples && buffered === 0);
    }
  }
  if (tables !== null) {
    const { batch, buffer } = tables;
    for (; buffered > 0; buffered--) {
      const drawn = random.below(buffered);
      copyExamples(buffer, drawn, { count: 1, to: batch, at: filled });
      copyExamples(buffer, buffered - 1, { count: 1, to: buffer, at: drawn });
      filled += 1;
      if (filled === batchSize) yield* finish(batch, buffered === 1);
    }
    if (filled > 0) yield* finish(batch, true);
  }
  if (passed === 0) throw new EdgepropError("bad-shape", "the stream has no examples");
  if (passed < skip) {
    throw new EdgepropError(
      "bad-shape",
      `the stream has ${passed} examples and the epoch in progress has seen ${skip}; expected the same stream`,
    );
  }
}

/** Throws `bad-option` where the source, which may be plain JavaScript, gives no object. */
function iterate(source: StreamExamples["source"]): ReturnType<StreamExamples["source"]> {
  const given = source();
  checkObject("what the source gives", given);
  return given;
}

function toChunk(parts: ExampleChunk, inputSize: number): Dataset {
  checkObject("a chunk", parts);
  if (parts.inputSize === undefined || parts.inputSize === inputSize)
    return toDataset({ ...parts, inputSize });
  throw new EdgepropError(
    "bad-shape",
    `a chunk has an inputSize of ${parts.inputSize}; the stream was made for ${inputSize}`,
  );
}

function checkAlike(chunk: Dataset, first: Dataset): void {
  const [found, expected] = [describe(chunk), describe(first)];
  if (found === expected) return;
  throw new EdgepropError("bad-shape", `a chunk has ${found}; the first one had ${expected}`);
}

function describe({ inputs, inputScale, targets, numExamples, weights }: Dataset): string {
  const each = targets.length / numExamples;
  const weighted = weights === undefined ? "" : " with weights";
  return `${inputs.constructor.name} inputs of inputScale ${inputScale} and ${each} ${targets.constructor.name} targets per example${weighted}`;
}
