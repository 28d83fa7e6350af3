import { checkObject } from "../checks/check-options.ts";
import { toPositiveInteger } from "../checks/field-reader.ts";
import { EdgepropError } from "../errors.ts";

/**
 * For each label, a row of `classes` values: 1 at the label, else 0. Throws `bad-label` or `bad-option`.
 *
 * @example
 * ```ts
 * console.log(oneHot([2, 0], 3)); // Float32Array(6) [ 0, 0, 1, 1, 0, 0 ]
 * ```
 */
export function oneHot(labels: ArrayLike<number>, classes: number): Float32Array {
  toPositiveInteger(classes, "classes");
  checkObject("labels", labels);
  const rows = new Float32Array(labels.length * classes);
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row] ?? -1;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new EdgepropError(
        "bad-label",
        `label ${row} is ${String(label)}; expected a class index in [0, ${classes})`,
      );
    }
    rows[row * classes + label] = 1;
  }
  return rows;
}
