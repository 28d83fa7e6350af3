import { EdgepropError } from "../errors.ts";

/** Labelled examples in memory, row-major. */
export interface Dataset {
  readonly numExamples: number;
  /** Values an example. */
  readonly inputSize: number;
  /** numExamples x inputSize */
  readonly inputs: Float32Array | Uint8Array;
  /** What an input value is multiplied with on its way in: 1 / 255 for pixels. */
  readonly inputScale: number;
  /** numExamples class indices, or numExamples x outputs values. */
  readonly targets: Int32Array | Uint8Array | Float32Array;
  /** How much each example counts in the loss, finite and not negative; absent where all count 1. */
  readonly weights?: Float32Array;
}

export interface DatasetParts {
  readonly inputs: Float32Array | Uint8Array;
  readonly targets: Int32Array | Uint8Array | Float32Array;
  /** Values an example. */
  readonly inputSize: number;
  /** Default 1; 1 / 255 for Uint8Array inputs. */
  readonly inputScale?: number;
  /** How much each example counts in the loss; default 1 each. */
  readonly weights?: Float32Array;
}

/** Throws `bad-shape` when the arrays do not hold whole examples. */
export function toDataset({ inputs, targets, inputSize, inputScale, weights }: DatasetParts): Dataset {
  if (!Number.isInteger(inputSize) || inputSize < 1) {
    throw new EdgepropError(
      "bad-shape",
      `inputSize is ${inputSize}; expected a positive integer: the number of values an example`,
    );
  }
  const numExamples = inputs.length / inputSize;
  if (!Number.isInteger(numExamples)) {
    throw new EdgepropError(
      "bad-shape",
      `${inputs.length} input values are not a multiple of inputSize ${inputSize}`,
    );
  }
  if (numExamples > 0 && targets.length % numExamples !== 0) {
    throw new EdgepropError(
      "bad-shape",
      `${targets.length} targets do not belong to ${numExamples} examples; expected one class index, or the same number of values, an example`,
    );
  }
  const scale = inputScale ?? (inputs instanceof Uint8Array ? 1 / 255 : 1);
  const dataset = { numExamples, inputSize, inputs, inputScale: scale, targets };
  if (weights === undefined) return dataset;
  checkWeights(weights, numExamples);
  return { ...dataset, weights };
}

/** Throws `bad-shape`; whether the values are weights is for the kernels to see. */
export function checkWeights(weights: Float32Array, numExamples: number): void {
  if (weights instanceof Float32Array && weights.length === numExamples) return;
  const found = weights instanceof Float32Array ? `${weights.length} weights` : "weights of another type";
  throw new EdgepropError(
    "bad-shape",
    `${found} for ${numExamples} examples; expected a Float32Array of one an example`,
  );
}

/** The examples at `indices`, in that order, copied. */
export function selectExamples(dataset: Dataset, indices: ArrayLike<number>): Dataset {
  const { inputSize, inputs, targets, numExamples } = dataset;
  const targetSize = numExamples === 0 ? 1 : targets.length / numExamples;
  const pickedInputs =
    inputs instanceof Uint8Array
      ? new Uint8Array(indices.length * inputSize)
      : new Float32Array(indices.length * inputSize);
  const pickedTargets = emptyLike(targets, indices.length * targetSize);
  for (let row = 0; row < indices.length; row++) {
    const from = indices[row] ?? 0;
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
  const targetSize = dataset.numExamples === 0 ? 1 : targets.length / dataset.numExamples;
  return {
    ...dataset,
    numExamples: Math.max(0, Math.min(end, dataset.numExamples) - begin),
    inputs: inputs.subarray(begin * inputSize, end * inputSize),
    targets: targets.subarray(begin * targetSize, end * targetSize),
    ...(dataset.weights === undefined ? {} : { weights: dataset.weights.subarray(begin, end) }),
  };
}

function emptyLike(targets: Dataset["targets"], length: number): Dataset["targets"] {
  if (targets instanceof Uint8Array) return new Uint8Array(length);
  return targets instanceof Int32Array ? new Int32Array(length) : new Float32Array(length);
}
