import type { Dataset } from "../../data/index.ts";
import type { BatchMetrics } from "../loop/metrics.ts";

export type Awaitable<T> = T | Promise<T>;

/** Over the examples of a batch: the sum of weight x loss, and the sum of the weights. */
export interface LossSums {
  readonly lossSum: number;
  readonly weightSum: number;
}

/** What computes: wasm kernels here, tfjs elsewhere. Everything above it (queue, loops, checks) is written once. */
export interface PredictionEngine<B> {
  /** The examples in [begin, end), checked, where the engine computes. Throws `bad-label` or `non-finite`. */
  loadRange(dataset: Dataset, begin: number, end: number): B;
  loadInputs(inputs: Dataset["inputs"], place: InputPlace): B;
  /** Gives back a batch that has been used; absent where batches hold nothing. */
  release?(batch: B): void;
  measure(batch: B, wanted: MetricsWanted): Awaitable<BatchMetrics>;
  /**
   * What the last layer gives, row by row. "values": as it is; "classes": the index of the largest, int32;
   * "probabilities": what the loss makes of it.
   */
  outputs(batch: B, as: OutputForm): Awaitable<Float32Array | Int32Array>;
  readParams(): Awaitable<Float32Array>;
  writeParams(params: Float32Array): Awaitable<void>;
  dispose(): void;
}

export interface TrainingEngine<B> extends PredictionEngine<B> {
  loadExamples(dataset: Dataset, indices: Uint32Array): B;
  /** One optimizer step. Throws `non-finite` with params and optimizer state as they were. */
  step(batch: B): Awaitable<LossSums>;
  /** What the update rule makes of the batch, flat, in layout order, and the outputs of the training forward pass. */
  direction(
    batch: B,
  ): Awaitable<LossSums & { readonly direction: Float32Array; readonly outputs: Float32Array }>;
}

export type OutputForm = "classes" | "values" | "probabilities";

export interface InputPlace {
  readonly inputScale: number;
  /** Examples [begin, end). */
  readonly begin: number;
  readonly end: number;
}

export interface MetricsWanted {
  readonly topK: readonly number[];
  readonly wantsConfusion: boolean;
}

/** What follows a value that may be there at once: an engine in this thread costs no turn of the event loop. */
export function after<T, R>(value: Awaitable<T>, run: (value: T) => R): Awaitable<R> {
  return value instanceof Promise ? value.then(run) : run(value);
}
