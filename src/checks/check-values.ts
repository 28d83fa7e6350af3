import { describeValue } from "./check-options.ts";
import { EdgepropError } from "../errors.ts";
import { toNumberWithin, toOneOf } from "./field-reader.ts";
import type { NumberRange } from "./field-reader.ts";

/** Options that are numbers, each with the range it must lie in. */
export function checkNumber(name: string, value: number, range: NumberRange): number {
  return toNumberWithin(value, name, range);
}

export function checkPositiveInteger(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new EdgepropError("bad-option", `${name} is ${String(value)}; expected a positive integer`);
}

export function checkOneOf<T extends string>(name: string, value: T, allowed: readonly T[]): T {
  return toOneOf(value, name, allowed);
}

export function checkBoolean(name: string, value: boolean): boolean {
  if (typeof value === "boolean") return value;
  throw new EdgepropError("bad-option", `${name} is ${describeValue(value)}; expected true or false`);
}
