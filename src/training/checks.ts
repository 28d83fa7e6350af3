import { EdgepropError } from "../errors.ts";
import { toNumberWithin } from "../model/field-reader.ts";
import type { NumberRange } from "../model/field-reader.ts";

/** Options that are numbers, each with the range it must lie in. */
export function checkNumber(name: string, value: number, range: NumberRange): number {
  return toNumberWithin(value, name, range);
}

export function checkPositiveInteger(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new EdgepropError("bad-option", `${name} is ${String(value)}; expected a positive integer`);
}

export function checkOneOf<T extends string>(name: string, value: T, allowed: readonly T[]): T {
  if (allowed.includes(value)) return value;
  throw new EdgepropError(
    "bad-option",
    `${name} is ${JSON.stringify(value)}; expected one of ${allowed.map((each) => `"${each}"`).join(", ")}`,
  );
}
