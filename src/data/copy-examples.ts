import { emptyLike, targetSizeOf } from "./dataset.ts";
import type { Dataset } from "./dataset.ts";

/** Room for examples like those of `dataset`, which has at least one. */
export function emptyExamples(dataset: Dataset, numExamples: number): Dataset {
  const { inputs, targets, inputSize } = dataset;
  const length = numExamples * inputSize;
  return {
    ...dataset,
    ...(dataset.weights === undefined ? {} : { weights: new Float32Array(numExamples) }),
    numExamples,
    inputs: emptyLike(inputs, length),
    targets: emptyLike(targets, numExamples * targetSizeOf(dataset)),
  };
}

/** Copies the examples [begin, begin + count) over those of `to`, from `at` on. */
export function copyExamples(
  from: Dataset,
  begin: number,
  { count, to, at }: { readonly count: number; readonly to: Dataset; readonly at: number },
): void {
  const { inputSize } = from;
  const targetSize = targetSizeOf(from);
  to.inputs.set(from.inputs.subarray(begin * inputSize, (begin + count) * inputSize), at * inputSize);
  to.targets.set(from.targets.subarray(begin * targetSize, (begin + count) * targetSize), at * targetSize);
  if (from.weights !== undefined) to.weights?.set(from.weights.subarray(begin, begin + count), at);
}
