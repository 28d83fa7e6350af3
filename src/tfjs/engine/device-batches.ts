import * as tf from "@tensorflow/tfjs-core";
import type { Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import type { Dataset } from "../../data/index.ts";
import type { Arena, BufferRequest } from "../../runtime/index.ts";
import type { LoadedBatch } from "../../kinds/layer-calls.ts";
import type { Model } from "../../model/index.ts";
import type { BatchLoader, BatchOptions } from "../../training/batches/batch-loader.ts";
import type { InputPlace } from "../../training/engine/engine.ts";

/** A batch on the device; whoever made it disposes of it. */
export interface DeviceBatch {
  /** (rows, inputs) */
  readonly inputs: Tensor2D;
  /** Class indices int32 (rows), or values (rows, outputs). */
  readonly targets: Tensor;
  /** (rows); null: each is 1. */
  readonly weights: Tensor1D | null;
  readonly weightSum: number;
}

/**
 * Batches by way of the arena, where the kernels gather, scale and check them as they do for the wasm trainer.
 * Throws what the loader throws.
 */
export interface DeviceBatches {
  readonly examples: (dataset: Dataset, indices: Uint32Array) => DeviceBatch;
  /** The examples in [begin, end). */
  readonly range: (dataset: Dataset, begin: number, end: number) => DeviceBatch;
  /** Inputs alone, with targets that nobody looks at. */
  readonly inputs: (inputs: Dataset["inputs"], place: InputPlace) => DeviceBatch;
}

/** What the loader needs of the arena. */
export function batchBuffers(
  { inputSize, outputSize }: Model,
  { loss, classWeights, batchSize }: BatchOptions & { readonly batchSize: number },
): BufferRequest[] {
  const targetSize = takesIndices(loss) ? 1 : outputSize;
  return [
    { name: "inputs", bytes: 4 * batchSize * inputSize },
    { name: "targets", bytes: 4 * batchSize * targetSize },
    { name: "weights", bytes: 4 * batchSize },
    ...(classWeights === undefined ? [] : [{ name: "classWeights", bytes: 4 * outputSize }]),
  ];
}

export function createDeviceBatches(
  arena: Arena,
  loader: BatchLoader,
  { inputSize, outputSize, loss }: Pick<Model, "inputSize" | "outputSize"> & Pick<BatchOptions, "loss">,
): DeviceBatches {
  // Copies: tfjs keeps the array that it is given, and uploads it when it pleases.
  function toInputs(rows: number): Tensor2D {
    return tf.tensor2d(arena.floats("inputs").slice(0, rows * inputSize), [rows, inputSize]);
  }

  function toBatch({ rows, hasWeights, weightSum }: LoadedBatch): DeviceBatch {
    const targets = takesIndices(loss)
      ? tf.tensor1d(arena.ints("targets").slice(0, rows), "int32")
      : tf.tensor2d(arena.floats("targets").slice(0, rows * outputSize), [rows, outputSize]);
    const weights = hasWeights ? tf.tensor1d(arena.floats("weights").slice(0, rows)) : null;
    return { inputs: toInputs(rows), targets, weights, weightSum };
  }

  return {
    examples: (dataset, indices) => toBatch(loader.loadExamples(dataset, indices)),
    range: (dataset, begin, end) => toBatch(loader.loadRange(dataset, begin, end)),
    inputs(inputs, place) {
      const rows = loader.loadInputs(inputs, place);
      return { inputs: toInputs(rows), targets: tf.zeros([0]), weights: null, weightSum: rows };
    },
  };
}

/** Whether a target is the index of a class. */
export function takesIndices({ type, spec }: BatchOptions["loss"]): boolean {
  return type.targets(spec) === "indices";
}

export function disposeBatch({ inputs, targets, weights }: DeviceBatch): void {
  tf.dispose([inputs, targets, ...(weights === null ? [] : [weights])]);
}
