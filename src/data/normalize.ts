import { checkObject } from "../checks/check-options.ts";
import { EdgepropError } from "../errors.ts";
import type { Dataset } from "./dataset.ts";

/** For every input value of an example: x becomes (x - shift) scale. Plain JSON, to be kept beside the model. */
export interface Normalization {
  readonly shift: readonly number[];
  readonly scale: readonly number[];
}

export interface Normalized {
  readonly dataset: Dataset;
  readonly normalization: Normalization;
}

/** Whole examples' inputs; everything else in a dataset stays as it is. */
export type NormalizableInputs = Pick<Dataset, "inputs" | "inputSize" | "inputScale">;

/**
 * Brings every input value to mean 0 and standard deviation 1 over the examples (the deviation divides by n, not
 * n - 1). A value that is the same in all examples becomes 0.
 *
 * @example
 * ```ts
 * const { dataset, normalization } = standardize(toDataset({ inputs: [[1], [3]], targets: [0, 1] }));
 * console.log(dataset.inputs); // Float32Array(2) [ -1, 1 ]
 * // Kept beside the model, for the inputs that come later.
 * const text = JSON.stringify(normalization);
 * ```
 */
export function standardize(dataset: Dataset): Normalized {
  return normalize(dataset, (values) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return { shift: mean, spread: Math.sqrt(squares / values.length) };
  });
}

/**
 * Brings every input value to [0, 1] over the examples. A value that is the same in all examples becomes 0.
 *
 * @example
 * ```ts
 * const { dataset } = rescale(toDataset({ inputs: [[2], [3], [6]], targets: [0, 1, 1] }));
 * console.log(dataset.inputs); // Float32Array(3) [ 0, 0.25, 1 ]
 * ```
 */
export function rescale(dataset: Dataset): Normalized {
  return normalize(dataset, (values) => {
    const low = values.reduce((least, value) => Math.min(least, value), Infinity);
    return { shift: low, spread: values.reduce((most, value) => Math.max(most, value), -Infinity) - low };
  });
}

/**
 * The same change for examples that come later: validation data, or the inputs of a prediction. Throws `bad-shape`, or
 * `bad-option` for a normalization that is broken.
 *
 * @example
 * ```ts
 * const { normalization } = standardize(toDataset({ inputs: [[1], [3]], targets: [0, 1] }));
 * const later = applyNormalization(toDataset({ inputs: [[5]], targets: [1] }), normalization);
 * console.log(later.inputs); // Float32Array(1) [ 3 ]
 * ```
 */
export function applyNormalization<T extends NormalizableInputs>(
  examples: T,
  normalization: Normalization,
): T & { readonly inputs: Float32Array } {
  checkObject("the normalization", normalization);
  const { shift, scale } = normalization;
  const { inputSize, inputs, inputScale } = examples;
  if (!Array.isArray(shift) || !Array.isArray(scale) || ![...shift, ...scale].every(Number.isFinite)) {
    throw new EdgepropError("bad-option", "the normalization is not two lists of numbers, shift and scale");
  }
  if (shift.length !== inputSize || scale.length !== inputSize) {
    throw new EdgepropError(
      "bad-shape",
      `the normalization is of ${shift.length} values per example; the examples have ${inputSize}`,
    );
  }
  const changed = new Float32Array(inputs.length);
  for (let index = 0; index < inputs.length; index++) {
    const column = index % inputSize;
    changed[index] = ((inputs[index] ?? 0) * inputScale - (shift[column] ?? 0)) * (scale[column] ?? 0);
  }
  return { ...examples, inputs: changed, inputScale: 1 };
}

interface Column {
  readonly shift: number;
  readonly spread: number;
}

/** `measure` gets the values of all examples in one place. */
function normalize(dataset: Dataset, measure: (values: Float64Array) => Column): Normalized {
  checkObject("the dataset", dataset);
  const { inputSize, numExamples, inputs, inputScale } = dataset;
  if (numExamples === 0) throw new EdgepropError("bad-shape", "there are no examples to normalise by");
  const values = new Float64Array(numExamples);
  const columns = Array.from({ length: inputSize }, (_, column) => {
    for (let row = 0; row < numExamples; row++)
      values[row] = (inputs[row * inputSize + column] ?? 0) * inputScale;
    return measure(values);
  });
  const bad = columns.findIndex(({ shift, spread }) => !Number.isFinite(shift + spread));
  if (bad >= 0) {
    throw new EdgepropError(
      "non-finite",
      `input value ${bad} is not finite in every example; expected finite numbers`,
    );
  }
  const normalization = {
    shift: columns.map(({ shift }) => shift),
    // A spread as small as float64's rounding (2^-52, a little more for sums over examples) counts as 0.
    scale: columns.map(({ shift, spread }) => (spread > 1e-12 * Math.abs(shift) ? 1 / spread : 0)),
  };
  return { dataset: applyNormalization(dataset, normalization), normalization };
}
