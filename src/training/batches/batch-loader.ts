import { checkWeights } from "../../data/dataset.ts";
import type { Dataset } from "../../data/index.ts";
import { checkOptions, describeValue, typeName } from "../../checks/check-options.ts";
import { EdgepropError } from "../../errors.ts";
import { completeLoss, takesIndices } from "../../model/index.ts";
import type { Loss } from "../../model/index.ts";
import type { Arena } from "../../runtime/index.ts";
import { toNumberWithin } from "../../checks/field-reader.ts";
import type { Batch } from "../options/trainer-types.ts";

/** Copies examples into the arena and checks what the kernels take for granted. */
export interface BatchLoader {
  /** A batch as a dataset of its own; throws `bad-shape`. */
  toDataset(batch: Batch): Dataset;
  /** Throws `bad-shape` when the dataset is not for this model and loss, or is empty; `bad-option` for scaled tokens. */
  checkDataset(dataset: Dataset): void;
  /** The examples at these indices; throws `bad-label` or `non-finite`. */
  loadExamples(dataset: Dataset, indices: Uint32Array): LoadedBatch;
  /** The examples in [begin, end). */
  loadRange(dataset: Dataset, begin: number, end: number): LoadedBatch;
  /** Returns how many examples they are. */
  loadInputs(inputs: Dataset["inputs"], inputScale: number, begin: number, end: number): number;
}

export interface BatchForm {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly loss: Loss;
  /** Where inputs are tokens: integers in [0, vocabularySize). */
  readonly vocabularySize?: number | null;
  /** One a class. */
  readonly classWeights?: readonly number[];
}

/** The batch that lies in the arena. */
export interface LoadedBatch {
  readonly rows: number;
  /** Whether the buffer `weights` has theirs; else each is 1. */
  readonly hasWeights: boolean;
  /** What a sum over the examples is divided by to be a mean: the sum of their weights, times those of their classes. */
  readonly weightSum: number;
  /** No input value is larger in magnitude. */
  readonly largestInput: number;
}

/** What lies in the arena; `exampleAt` tells a row's place in the dataset or batch, for messages. */
interface LoadedRows {
  readonly rows: number;
  readonly exampleAt: (row: number) => number;
}

export function createBatchLoader(
  arena: Arena,
  { inputSize, outputSize, loss, classWeights, vocabularySize = null }: BatchForm,
): BatchLoader {
  const { kernels } = arena;
  const hasIndices = takesIndices(loss);
  const { name } = completeLoss(loss);
  const targetSize = hasIndices ? 1 : outputSize;
  if (classWeights !== undefined) arena.floats("classWeights").set(classWeights);
  // Made once: the arena's memory never grows, and a step of a tiny model takes no longer than a few views.
  const [inputsAt, targetsAt] = [arena.at("inputs"), arena.at("targets")];
  const [inputFloats, inputBytes] = [arena.floats("inputs"), arena.bytes("inputs")];
  const targetValues = hasIndices ? arena.ints("targets") : arena.floats("targets");

  /** Bytes go to the end of the very buffer that their float32 values will fill: scaleBytes is made for it. */
  function stagingFor(inputs: Dataset["inputs"], rows: number): Uint8Array | Float32Array {
    const count = rows * inputSize;
    return inputs instanceof Uint8Array ? inputBytes.subarray(3 * count, 4 * count) : inputFloats;
  }

  /** Returns what no value is larger than in magnitude. */
  function finishInputs(
    inputs: Dataset["inputs"],
    inputScale: number,
    { rows, exampleAt }: LoadedRows,
  ): number {
    if (!Number.isFinite(inputScale))
      throw new EdgepropError(
        "bad-option",
        `inputScale is ${describeValue(inputScale)}; expected a finite number`,
      );
    const count = rows * inputSize;
    if (vocabularySize !== null) checkTokenScale(inputScale);
    let largest = Infinity;
    if (inputs instanceof Uint8Array) {
      kernels.scaleBytes(count, inputScale, inputsAt + 3 * count, inputsAt);
      largest = 255 * Math.abs(inputScale);
    } else if (inputScale !== 1) kernels.scaleFloats(count, inputScale, inputsAt);
    // Bytes are looked at only where their scale may take them beyond float32.
    if (largest >= 2 ** 127) largest = kernels.largestMagnitude(count, inputsAt);
    if (!Number.isFinite(largest)) {
      const bad = kernels.firstNonFinite(count, inputsAt);
      throw nonFinite("input", inputFloats[bad], {
        example: exampleAt(Math.floor(bad / inputSize)),
        place: bad % inputSize,
      });
    }
    if (vocabularySize !== null) checkTokens({ rows, exampleAt }, vocabularySize);
    return largest;
  }

  function checkTokens({ rows, exampleAt }: LoadedRows, limit: number): void {
    const bad = kernels.firstNoToken(rows * inputSize, limit, inputsAt);
    if (bad < 0) return;
    const example = exampleAt(Math.floor(bad / inputSize));
    throw new EdgepropError(
      "bad-label",
      `token ${bad % inputSize} of example ${example} is ${inputFloats[bad]}; expected an integer in [0, ${limit})`,
    );
  }

  function checkTargets({ rows, exampleAt }: LoadedRows): void {
    if (hasIndices) {
      const bad = kernels.firstOutside(rows, outputSize, targetsAt);
      if (bad < 0) return;
      const label = targetValues[bad];
      throw new EdgepropError(
        "bad-label",
        `the label of example ${exampleAt(bad)} is ${label}; expected a class index in [0, ${outputSize})`,
      );
    }
    const bad = kernels.firstNonFinite(rows * targetSize, targetsAt);
    if (bad >= 0)
      throw nonFinite("target", targetValues[bad], {
        example: exampleAt(Math.floor(bad / targetSize)),
        place: bad % targetSize,
      });
  }

  /** Returns the sum of what the examples count; throws `non-finite` or `bad-option`. */
  function finishWeights(hasWeights: boolean, { rows, exampleAt }: LoadedRows): number {
    const weights = hasWeights ? arena.at("weights") : 0;
    const bad = hasWeights ? kernels.firstNoWeight(rows, weights) : -1;
    if (bad >= 0) {
      const found = arena.floats("weights")[bad];
      throw new EdgepropError(
        Number.isFinite(found) ? "bad-option" : "non-finite",
        `the weight of example ${exampleAt(bad)} is ${found}; expected finite numbers of at least 0`,
      );
    }
    if (!hasWeights && classWeights === undefined) return rows;
    const byClass = classWeights === undefined ? 0 : arena.at("classWeights");
    return kernels.sumOfWeights(rows, weights, byClass, targetsAt);
  }

  function finishBatch({ inputs, inputScale, weights }: Dataset, loaded: LoadedRows): LoadedBatch {
    const hasWeights = weights !== undefined;
    const largestInput = finishInputs(inputs, inputScale, loaded);
    checkTargets(loaded);
    return { rows: loaded.rows, hasWeights, weightSum: finishWeights(hasWeights, loaded), largestInput };
  }

  function copyInputs(inputs: Dataset["inputs"], begin: number, end: number): LoadedRows {
    const rows = end - begin;
    stagingFor(inputs, rows).set(partOf(inputs, begin * inputSize, end * inputSize));
    return { rows, exampleAt: (row) => begin + row };
  }

  return {
    toDataset(batch) {
      // A Dataset may stand for a batch.
      checkOptions<Batch & Partial<Dataset>>(batch, "batch", batchFields);
      const { inputs, inputScale = 1, targets, weights } = batch;
      checkType("inputs", inputs, inputTypes);
      const numExamples = inputs.length / inputSize;
      if (Number.isInteger(numExamples)) {
        const dataset = { numExamples, inputSize, inputs, inputScale, targets };
        return weights === undefined ? dataset : { ...dataset, weights };
      }
      throw new EdgepropError(
        "bad-shape",
        `the batch has ${inputs.length} input values; expected a multiple of ${inputSize}`,
      );
    },

    checkDataset({ numExamples, inputSize: found, inputs, inputScale, targets, weights }) {
      checkType("inputs", inputs, inputTypes);
      checkType("targets", targets, targetTypes);
      toNumberWithin(numExamples, "numExamples", { from: 0 });
      if (found !== inputSize || inputs.length !== numExamples * inputSize) {
        throw new EdgepropError(
          "bad-shape",
          `${inputs.length} input values are ${numExamples} examples of ${describeValue(found)}; the model takes ${inputSize} an example`,
        );
      }
      if (vocabularySize !== null) checkTokenScale(inputScale);
      if (numExamples === 0) throw new EdgepropError("bad-shape", "there are no examples");
      if (weights !== undefined) checkWeights(weights, numExamples);
      if (hasIndices && targets instanceof Float32Array) {
        throw new EdgepropError(
          "bad-shape",
          `${name} takes class indices as Int32Array or Uint8Array; found Float32Array`,
        );
      }
      if (targets.length !== numExamples * targetSize) {
        const each = hasIndices ? "one class index" : `${targetSize} values`;
        throw new EdgepropError(
          "bad-shape",
          `${targets.length} targets for ${numExamples} examples; ${name} takes ${each} an example`,
        );
      }
    },

    loadExamples(dataset, indices) {
      const { inputs, targets, weights } = dataset;
      const rows = indices.length;
      const staging = stagingFor(inputs, rows);
      const weightRows = weights === undefined ? null : arena.floats("weights");
      for (let row = 0; row < rows; row++) {
        const index = indices[row] ?? 0;
        staging.set(inputs.subarray(index * inputSize, (index + 1) * inputSize), row * inputSize);
        if (targetSize === 1) targetValues[row] = targets[index] ?? 0;
        else
          targetValues.set(targets.subarray(index * targetSize, (index + 1) * targetSize), row * targetSize);
        if (weightRows !== null) weightRows[row] = weights?.[index] ?? 0;
      }
      return finishBatch(dataset, { rows, exampleAt: (row) => indices[row] ?? 0 });
    },

    loadRange(dataset, begin, end) {
      const { inputs, targets, weights } = dataset;
      const loaded = copyInputs(inputs, begin, end);
      targetValues.set(partOf(targets, begin * targetSize, end * targetSize));
      if (weights !== undefined) arena.floats("weights").set(weights.subarray(begin, end));
      return finishBatch(dataset, loaded);
    },

    loadInputs(inputs, inputScale, begin, end) {
      const loaded = copyInputs(inputs, begin, end);
      finishInputs(inputs, inputScale, loaded);
      return loaded.rows;
    },
  };
}

/** No view where the whole is meant: a step of a tiny model takes no longer than a few views. */
function partOf(
  values: Float32Array | Int32Array | Uint8Array,
  begin: number,
  end: number,
): Float32Array | Int32Array | Uint8Array {
  return end - begin === values.length ? values : values.subarray(begin, end);
}

const batchFields = ["inputs", "targets", "inputScale", "weights", "numExamples", "inputSize"] as const;
const inputTypes = [Float32Array, Uint8Array];
const targetTypes = [Int32Array, Uint8Array, Float32Array];

/** Throws `bad-shape`: only these are copied as they are. */
function checkType(
  name: "inputs" | "targets",
  values: unknown,
  types: readonly (typeof Float32Array | typeof Int32Array | typeof Uint8Array)[],
): void {
  for (const type of types) if (values instanceof type) return;
  const expected = types.map((type) => type.name).join(" or ");
  throw new EdgepropError("bad-shape", `${name} are of type ${typeName(values)}; expected ${expected}`);
}

function nonFinite(
  what: string,
  value: number | undefined,
  { example, place }: { readonly example: number; readonly place: number },
): EdgepropError {
  return new EdgepropError(
    "non-finite",
    `${what} value ${place} of example ${example} is ${value}; expected finite numbers`,
  );
}

function checkTokenScale(inputScale: number): void {
  if (inputScale === 1) return;
  throw new EdgepropError(
    "bad-option",
    `inputScale is ${inputScale}, and the model begins with an embedding layer: tokens are not scaled; give toDataset, or the batch, an inputScale of 1 (the default for Uint8Array is 1 / 255)`,
  );
}
