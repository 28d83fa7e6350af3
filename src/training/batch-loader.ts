import type { Dataset } from "../data/index.ts";
import { EdgepropError } from "../errors.ts";
import type { Loss } from "../model/index.ts";
import type { Arena } from "../runtime/index.ts";
import type { Batch } from "./types.ts";

/** Copies examples into the arena and checks what the kernels take for granted. */
export interface BatchLoader {
  /** A batch as a dataset of its own; throws `bad-shape`. */
  toDataset(batch: Batch): Dataset;
  /** Throws `bad-shape` when the dataset is not for this model and loss, or is empty. */
  checkDataset(dataset: Dataset): void;
  /** The examples at these indices; throws `bad-label` or `non-finite`. Returns how many they are. */
  loadExamples(dataset: Dataset, indices: Uint32Array): number;
  /** The examples in [begin, end). */
  loadRange(dataset: Dataset, begin: number, end: number): number;
  loadInputs(inputs: Dataset["inputs"], inputScale: number, begin: number, end: number): number;
}

export interface BatchForm {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly loss: Loss;
}

/** What lies in the arena; `exampleAt` tells a row's place in the dataset or batch, for messages. */
interface LoadedRows {
  readonly rows: number;
  readonly exampleAt: (row: number) => number;
}

export function createBatchLoader(arena: Arena, { inputSize, outputSize, loss }: BatchForm): BatchLoader {
  const { kernels } = arena;
  const hasClasses = loss === "softmaxCrossEntropy";
  const targetSize = hasClasses ? 1 : outputSize;

  /** Bytes go to the end of the very buffer that their float32 values will fill: scaleBytes is made for it. */
  function stagingFor(inputs: Dataset["inputs"], rows: number): Uint8Array | Float32Array {
    const count = rows * inputSize;
    return inputs instanceof Uint8Array
      ? arena.bytes("inputs").subarray(3 * count, 4 * count)
      : arena.floats("inputs").subarray(0, count);
  }

  function finishInputs(
    inputs: Dataset["inputs"],
    inputScale: number,
    { rows, exampleAt }: LoadedRows,
  ): void {
    const address = arena.at("inputs");
    const count = rows * inputSize;
    if (inputs instanceof Uint8Array) {
      kernels.scaleBytes(count, inputScale, address + 3 * count, address);
      return;
    }
    if (inputScale !== 1) kernels.scaleFloats(count, inputScale, address);
    const bad = kernels.firstNonFinite(count, address);
    if (bad >= 0)
      throw nonFinite("an input", arena.floats("inputs")[bad], exampleAt(Math.floor(bad / inputSize)));
  }

  function checkTargets({ rows, exampleAt }: LoadedRows): void {
    const address = arena.at("targets");
    if (hasClasses) {
      const bad = kernels.firstOutside(rows, outputSize, address);
      if (bad < 0) return;
      const label = arena.ints("targets")[bad];
      throw new EdgepropError(
        "bad-label",
        `the label of example ${exampleAt(bad)} is ${label}; expected a class index in [0, ${outputSize})`,
      );
    }
    const bad = kernels.firstNonFinite(rows * targetSize, address);
    if (bad >= 0)
      throw nonFinite("a target", arena.floats("targets")[bad], exampleAt(Math.floor(bad / targetSize)));
  }

  function targetsView(): Int32Array | Float32Array {
    return hasClasses ? arena.ints("targets") : arena.floats("targets");
  }

  function loadInputs(inputs: Dataset["inputs"], inputScale: number, begin: number, end: number): number {
    const rows = end - begin;
    stagingFor(inputs, rows).set(inputs.subarray(begin * inputSize, end * inputSize));
    finishInputs(inputs, inputScale, { rows, exampleAt: (row) => begin + row });
    return rows;
  }

  return {
    toDataset({ inputs, inputScale = 1, targets }) {
      const numExamples = inputs.length / inputSize;
      if (Number.isInteger(numExamples)) return { numExamples, inputSize, inputs, inputScale, targets };
      throw new EdgepropError(
        "bad-shape",
        `the batch has ${inputs.length} input values; expected a multiple of ${inputSize}`,
      );
    },

    checkDataset({ numExamples, inputSize: found, inputs, targets }) {
      if (found !== inputSize || inputs.length !== numExamples * inputSize) {
        throw new EdgepropError(
          "bad-shape",
          `${inputs.length} input values are ${numExamples} examples of ${found}; the model takes ${inputSize} an example`,
        );
      }
      if (numExamples === 0) throw new EdgepropError("bad-shape", "there are no examples");
      if (hasClasses && targets instanceof Float32Array) {
        throw new EdgepropError(
          "bad-shape",
          `${loss} takes class indices as Int32Array or Uint8Array; found Float32Array`,
        );
      }
      if (targets.length !== numExamples * targetSize) {
        const each = hasClasses ? "one class index" : `${targetSize} values`;
        throw new EdgepropError(
          "bad-shape",
          `${targets.length} targets for ${numExamples} examples; ${loss} takes ${each} an example`,
        );
      }
    },

    loadExamples({ inputs, inputScale, targets }, indices) {
      const rows = indices.length;
      const staging = stagingFor(inputs, rows);
      const targetRows = targetsView();
      for (let row = 0; row < rows; row++) {
        const index = indices[row] ?? 0;
        staging.set(inputs.subarray(index * inputSize, (index + 1) * inputSize), row * inputSize);
        targetRows.set(targets.subarray(index * targetSize, (index + 1) * targetSize), row * targetSize);
      }
      const loaded = { rows, exampleAt: (row: number) => indices[row] ?? 0 };
      finishInputs(inputs, inputScale, loaded);
      checkTargets(loaded);
      return rows;
    },

    loadRange({ inputs, inputScale, targets }, begin, end) {
      const rows = loadInputs(inputs, inputScale, begin, end);
      targetsView().set(targets.subarray(begin * targetSize, end * targetSize));
      checkTargets({ rows, exampleAt: (row) => begin + row });
      return rows;
    },

    loadInputs,
  };
}

function nonFinite(what: string, value: number | undefined, example: number): EdgepropError {
  return new EdgepropError(
    "non-finite",
    `${what} value of example ${example} is ${value}; expected finite numbers`,
  );
}
