import { EdgepropError } from "../errors.ts";
import { toNumberWithin, toOneOf } from "../model/field-reader.ts";
import type { NumberRange } from "../model/field-reader.ts";

/** Options that are numbers, each with the range it must lie in. */
export function checkNumber(name: string, value: number, range: NumberRange): number {
  return toNumberWithin(value, name, range);
}

/** Options that are objects: what has a `name` to look at. */
export function checkObject(name: string, value: unknown): void {
  if (typeof value === "object" && value !== null) return;
  const found = value === undefined ? "missing" : JSON.stringify(value);
  throw new EdgepropError("bad-option", `${name} is ${found}; expected an object`);
}

export function checkPositiveInteger(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new EdgepropError("bad-option", `${name} is ${String(value)}; expected a positive integer`);
}

export function checkOneOf<T extends string>(name: string, value: T, allowed: readonly T[]): T {
  return toOneOf(value, name, allowed);
}
