import { EdgepropError } from "../errors.ts";

/** Options that are numbers, each with the range it must lie in. */
export function checkNumber(
  name: string,
  value: number,
  range: { readonly above?: number; readonly from?: number; readonly below?: number },
): number {
  const { above = -Infinity, from = -Infinity, below = Infinity } = range;
  if (typeof value === "number" && Number.isFinite(value) && value > above && value >= from && value < below)
    return value;
  const wishes = [
    above > -Infinity ? `above ${above}` : "",
    from > -Infinity ? `of at least ${from}` : "",
    below < Infinity ? `below ${below}` : "",
  ].filter((wish) => wish !== "");
  throw new EdgepropError(
    "bad-option",
    `${name} is ${String(value)}; expected a finite number${wishes.length > 0 ? ` ${wishes.join(" and ")}` : ""}`,
  );
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
