import * as tf from "@tensorflow/tfjs-core";
import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import type { Dataset } from "../data/index.ts";
import type { Arena, BufferRequest } from "../runtime/index.ts";
import type { BatchForm, BatchLoader } from "../training/batch-loader.ts";

/** A batch on the device; whoever made it disposes of it. */
export interface DeviceBatch {
  /** (rows, inputs) */
  readonly inputs: Tensor2D;
  /** Class indices int32 (rows), or values (rows, outputs). */
  readonly targets: Tensor;
}

/**
 * Batches by way of the arena, where the kernels gather, scale and check them as they do for the wasm trainer.
 * Throws what the loader throws.
 */
export interface DeviceBatches {
  examples(dataset: Dataset, indices: Uint32Array): DeviceBatch;
  /** The examples in [begin, end). */
  range(dataset: Dataset, begin: number, end: number): DeviceBatch;
  inputs(inputs: Dataset["inputs"], inputScale: number, begin: number, end: number): Tensor2D;
}

/** What the loader needs of the arena. */
export function batchBuffers({ inputSize, outputSize, loss }: BatchForm, batchSize: number): BufferRequest[] {
  const targetSize = loss === "softmaxCrossEntropy" ? 1 : outputSize;
  return [
    { name: "inputs", bytes: 4 * batchSize * inputSize },
    { name: "targets", bytes: 4 * batchSize * targetSize },
  ];
}

export function createDeviceBatches(
  arena: Arena,
  loader: BatchLoader,
  { inputSize, outputSize, loss }: BatchForm,
): DeviceBatches {
  // Copies: tfjs keeps the array that it is given, and uploads it when it pleases.
  function toInputs(rows: number): Tensor2D {
    return tf.tensor2d(arena.floats("inputs").slice(0, rows * inputSize), [rows, inputSize]);
  }

  function toBatch(rows: number): DeviceBatch {
    const targets =
      loss === "softmaxCrossEntropy"
        ? tf.tensor1d(arena.ints("targets").slice(0, rows), "int32")
        : tf.tensor2d(arena.floats("targets").slice(0, rows * outputSize), [rows, outputSize]);
    return { inputs: toInputs(rows), targets };
  }

  return {
    examples: (dataset, indices) => toBatch(loader.loadExamples(dataset, indices)),
    range: (dataset, begin, end) => toBatch(loader.loadRange(dataset, begin, end)),
    inputs: (inputs, inputScale, begin, end) => toInputs(loader.loadInputs(inputs, inputScale, begin, end)),
  };
}
