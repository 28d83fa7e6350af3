import { describeValue } from "../checks/check-options.ts";
import { EdgepropError } from "../errors.ts";

/** Numbers one after the other, or rows of them, to any depth: `[[0, 1], [1, 0]]`. */
export type NestedNumbers = readonly (number | NestedNumbers)[];

export interface FlatNumbers {
  readonly values: readonly number[];
  /** How many rows the outermost list has, if it has rows. */
  readonly rows?: number;
}

/** Throws `bad-shape`, naming the place, for a value that is not a number and for rows of different sizes. */
export function flattenNumbers(name: string, list: NestedNumbers): FlatNumbers {
  const values: number[] = [];
  let rowSize: number | undefined;
  for (const [index, item] of list.entries()) {
    const begin = values.length;
    append(values, `${name}[${index}]`, item);
    const found = Array.isArray(item) ? values.length - begin : 0;
    rowSize ??= found;
    if (found === rowSize) continue;
    const [has, first] = [found, rowSize].map((size) => (size === 0 ? "is no row" : `has ${size} values`));
    throw new EdgepropError("bad-shape", `${name}[${index}] ${has}; ${name}[0] ${first}`);
  }
  return rowSize === undefined || rowSize === 0 ? { values } : { values, rows: list.length };
}

function append(values: number[], path: string, item: number | NestedNumbers): void {
  if (typeof item === "number") {
    values.push(item);
    return;
  }
  if (!Array.isArray(item)) {
    throw new EdgepropError("bad-shape", `${path} is ${describeValue(item)}; expected a number`);
  }
  for (const [index, inner] of item.entries()) append(values, `${path}[${index}]`, inner);
}

/** A flat list of whole numbers becomes class indices, which may stand for values too; all else becomes values. */
export function toTargetArray({ values, rows }: FlatNumbers): Int32Array | Float32Array {
  const areWhole = values.every((value) => (value | 0) === value);
  return rows === undefined && areWhole ? Int32Array.from(values) : Float32Array.from(values);
}
