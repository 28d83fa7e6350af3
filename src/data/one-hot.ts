import { EdgepropError } from "../errors.ts";

/** For each label, a row of `classes` values: 1 at the label, else 0. Throws `bad-label`. */
export function oneHot(labels: ArrayLike<number>, classes: number): Float32Array {
  if (!Number.isSafeInteger(classes) || classes < 1)
    throw new EdgepropError("bad-option", `classes is ${classes}; expected a positive integer`);
  const rows = new Float32Array(labels.length * classes);
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row] ?? -1;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new EdgepropError(
        "bad-label",
        `label ${row} is ${label}; expected a class index in [0, ${classes})`,
      );
    }
    rows[row * classes + label] = 1;
  }
  return rows;
}
