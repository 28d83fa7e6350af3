import { checkOptions } from "../checks/check-options.ts";
import { toNumberWithin } from "../checks/field-reader.ts";
import { EdgepropError } from "../errors.ts";
import { selectExamples } from "./dataset.ts";
import type { Dataset } from "./dataset.ts";
import { createRandom } from "./random.ts";

export interface SplitOptions {
  /** The part of the examples that is held back for validation, in (0, 1). */
  readonly fraction: number;
  /** The same seed gives the same split. Default 1. */
  readonly seed?: number;
}

export interface Split {
  readonly train: Dataset;
  readonly validation: Dataset;
}

/**
 * Copies each example into one of the two parts, at random. Throws `bad-option` when a part would be empty.
 *
 * @example
 * ```ts
 * const { train, validation } = splitDataset(dataset, { fraction: 0.25, seed: 1 });
 * console.log(train.numExamples, validation.numExamples); // 3 1
 * ```
 */
export function splitDataset(dataset: Dataset, options: SplitOptions): Split {
  const { fraction, seed = 1 } = checkOptions(options, "splitDataset", ["fraction", "seed"]);
  const { numExamples } = dataset;
  toNumberWithin(fraction, "fraction", { above: 0, below: 1 });
  const held = Math.round(fraction * numExamples);
  if (held === 0 || held === numExamples) {
    throw new EdgepropError(
      "bad-option",
      `fraction ${fraction} of ${numExamples} examples leaves ${held} for validation and ${numExamples - held} for training; expected some of each`,
    );
  }
  const order = Array.from({ length: numExamples }, (_, index) => index);
  createRandom(seed, "split").shuffle(order);
  return {
    train: selectExamples(dataset, order.slice(held)),
    validation: selectExamples(dataset, order.slice(0, held)),
  };
}
