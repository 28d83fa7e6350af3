import { checkObject, checkOptions, typeName } from "../checks/check-options.ts";
import { EdgepropError } from "../errors.ts";
import { flattenNumbers, toTargetArray } from "./arrays.ts";
import type { NestedNumbers } from "./arrays.ts";

/** Labelled examples in memory, row-major. */
export interface Dataset {
  readonly numExamples: number;
  /** Values per example. */
  readonly inputSize: number;
  /** numExamples x inputSize */
  readonly inputs: Float32Array | Uint8Array;
  /** The factor by which every input value is multiplied when a batch is loaded: 1 / 255 for pixels. */
  readonly inputScale: number;
  /** numExamples class indices, or numExamples x outputs values. */
  readonly targets: Int32Array | Uint8Array | Float32Array;
  /** How much each example counts in the loss, finite and not negative; absent where all count 1. */
  readonly weights?: Float32Array;
}

export interface DatasetParts {
  /** Row-major; plain lists may be flat, or one list per example. */
  readonly inputs: Float32Array | Uint8Array | NestedNumbers;
  /** In plain lists, whole numbers become class indices; other numbers, and lists of numbers, become values. */
  readonly targets: Int32Array | Uint8Array | Float32Array | NestedNumbers;
  /** Values per example. Not needed where `inputs` has one list per example. */
  readonly inputSize?: number;
  /** Default 1; 1 / 255 for Uint8Array inputs. */
  readonly inputScale?: number;
  /** How much each example counts in the loss. Default: every example counts 1. */
  readonly weights?: Float32Array;
}

/**
 * Labelled examples from typed arrays, which are not copied, or from plain lists. Throws `bad-shape` when the arrays do
 * not hold whole examples.
 *
 * @example
 * ```ts
 * const xor = toDataset({ inputs: [[0, 0], [0, 1], [1, 0], [1, 1]], targets: [0, 1, 1, 0] });
 * console.log(xor.numExamples, xor.inputSize); // 4 2
 * ```
 */
export function toDataset(parts: DatasetParts): Dataset {
  // A Dataset can be handed over as the parts of a new one.
  checkOptions<DatasetParts & { readonly numExamples?: number }>(parts, "toDataset", [
    "inputs",
    "targets",
    "inputSize",
    "inputScale",
    "weights",
    "numExamples",
  ]);
  const { inputs, rows } = toInputs(parts.inputs);
  const inputSize = parts.inputSize ?? (rows === undefined ? Number.NaN : inputs.length / rows);
  if (!Number.isInteger(inputSize) || inputSize < 1) {
    throw new EdgepropError(
      "bad-shape",
      `inputSize is ${String(parts.inputSize)}; expected a positive integer: values per example`,
    );
  }
  const numExamples = inputs.length / inputSize;
  if (rows !== undefined && rows !== numExamples) {
    throw new EdgepropError(
      "bad-shape",
      `inputs have ${inputs.length / rows} values per example; inputSize is ${inputSize}`,
    );
  }
  if (!Number.isInteger(numExamples)) {
    throw new EdgepropError(
      "bad-shape",
      `${inputs.length} input values are not a multiple of inputSize ${inputSize}`,
    );
  }
  const targets = toTargets(parts.targets, numExamples);
  if (numExamples > 0 && targets.length % numExamples !== 0) {
    throw new EdgepropError(
      "bad-shape",
      `${targets.length} targets do not belong to ${numExamples} examples; expected one class index per example, or as many values for each`,
    );
  }
  const inputScale = parts.inputScale ?? (inputs instanceof Uint8Array ? 1 / 255 : 1);
  const dataset = { numExamples, inputSize, inputs, inputScale, targets };
  const { weights } = parts;
  if (weights === undefined) return dataset;
  checkWeights(weights, numExamples);
  return { ...dataset, weights };
}

function toInputs(inputs: DatasetParts["inputs"]): {
  readonly inputs: Dataset["inputs"];
  readonly rows?: number;
} {
  if (inputs instanceof Float32Array || inputs instanceof Uint8Array) return { inputs };
  const { values, ...rows } = flattenNumbers("inputs", checkList("inputs", inputs));
  return { inputs: Float32Array.from(values), ...rows };
}

function toTargets(targets: DatasetParts["targets"], numExamples: number): Dataset["targets"] {
  if (targets instanceof Int32Array || targets instanceof Uint8Array || targets instanceof Float32Array)
    return targets;
  const flat = flattenNumbers("targets", checkList("targets", targets));
  if (flat.rows === undefined || flat.rows === numExamples) return toTargetArray(flat);
  throw new EdgepropError("bad-shape", `${flat.rows} rows of targets for ${numExamples} examples`);
}

function checkList(name: string, list: NestedNumbers): NestedNumbers {
  if (Array.isArray(list)) return list;
  const [found, typed] = [typeName(list), "Float32Array or Uint8Array"];
  const expected = name === "inputs" ? typed : `${typed} or Int32Array`;
  throw new EdgepropError("bad-shape", `${name} are of type ${found}; expected ${expected}, or plain lists`);
}

/** Throws `bad-shape` for a wrong length; the kernels check the values. */
export function checkWeights(weights: Float32Array, numExamples: number): void {
  if (weights instanceof Float32Array && weights.length === numExamples) return;
  const found = weights instanceof Float32Array ? `${weights.length} weights` : "weights of another type";
  throw new EdgepropError(
    "bad-shape",
    `${found} for ${numExamples} examples; expected a Float32Array of one per example`,
  );
}

/**
 * Copies the examples at `indices`, in that order. Throws `bad-option` for an index that no example has.
 *
 * @example
 * ```ts
 * const letters = toDataset({ inputs: [[1], [2], [3]], targets: [0, 1, 0] });
 * console.log(selectExamples(letters, [2, 0]).inputs); // Float32Array(2) [ 3, 1 ]
 * ```
 */
export function selectExamples(dataset: Dataset, indices: ArrayLike<number>): Dataset {
  checkObject("dataset", dataset);
  checkObject("indices", indices);
  const { inputSize, inputs, targets, numExamples } = dataset;
  const targetSize = targetSizeOf(dataset);
  const pickedInputs = emptyLike(inputs, indices.length * inputSize);
  const pickedTargets = emptyLike(targets, indices.length * targetSize);
  for (let row = 0; row < indices.length; row++) {
    const from = indices[row] ?? -1;
    if (!Number.isInteger(from) || from < 0 || from >= numExamples) {
      throw new EdgepropError(
        "bad-option",
        `index ${row} is ${String(from)}; expected an integer in [0, ${numExamples})`,
      );
    }
    pickedInputs.set(inputs.subarray(from * inputSize, (from + 1) * inputSize), row * inputSize);
    pickedTargets.set(targets.subarray(from * targetSize, (from + 1) * targetSize), row * targetSize);
  }
  const picked = { ...dataset, numExamples: indices.length, inputs: pickedInputs, targets: pickedTargets };
  const { weights } = dataset;
  if (weights === undefined) return picked;
  return { ...picked, weights: Float32Array.from(indices, (index) => weights[index] ?? 0) };
}

/** Examples [begin, end), as views. */
export function sliceExamples(dataset: Dataset, begin: number, end: number): Dataset {
  const { inputSize, inputs, targets } = dataset;
  const targetSize = targetSizeOf(dataset);
  return {
    ...dataset,
    numExamples: Math.max(0, Math.min(end, dataset.numExamples) - begin),
    inputs: inputs.subarray(begin * inputSize, end * inputSize),
    targets: targets.subarray(begin * targetSize, end * targetSize),
    ...(dataset.weights === undefined ? {} : { weights: dataset.weights.subarray(begin, end) }),
  };
}

/** Values per example among the targets. */
export function targetSizeOf({ targets, numExamples }: Pick<Dataset, "targets" | "numExamples">): number {
  return targets.length / Math.max(1, numExamples);
}

/** Zeros of the same type. */
export function emptyLike<T extends Dataset["inputs"] | Dataset["targets"]>(values: T, length: number): T {
  return new (values.constructor as new (length: number) => T)(length);
}
