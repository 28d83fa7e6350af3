import { checkNames, describeValue, quoteNames } from "./check-options.ts";
import { EdgepropError } from "../errors.ts";

/**
 * Reads the fields of an untrusted object. A field that is missing has the value `byDefault`, where there is one. Each
 * method throws `bad-option`, which names the field by its path and says what was found and what was expected.
 */
export interface FieldReader {
  has(key: string): boolean;
  /** The value, unchecked. */
  raw(key: string): unknown;
  pathOf(key: string): string;
  positiveInteger(key: string, byDefault?: number): number;
  /** An integer from 0. */
  count(key: string, byDefault?: number): number;
  /** A finite number in the range; its default is part of the range. */
  number(key: string, range?: NumberRange): number;
  boolean(key: string, byDefault?: boolean): boolean;
  oneOf<T extends string>(key: string, allowed: readonly T[], byDefault?: T): T;
  /** An integer from 0, or one of the names. */
  countOrOneOf<T extends string>(key: string, allowed: readonly T[], byDefault?: T): number | T;
  /** A list that is not empty; `read` gets each item and its path. */
  list<T>(key: string, read: (item: unknown, path: string) => T): T[];
  /** Throws `unsupported` when the field is there. */
  refuse(key: string, why: string): void;
  /** Throws when there are other fields: most often a misspelt one. */
  allowOnly(keys: readonly string[]): void;
}

export interface NumberRange {
  readonly byDefault?: number;
  readonly above?: number;
  readonly from?: number;
  readonly below?: number;
  readonly upTo?: number;
}

export function readFields(value: unknown, path: string, what = path): FieldReader {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw unexpected(what, "an object", value);
  const fields: Readonly<Record<string, unknown>> = { ...value };
  const pathOf = (key: string): string => (path === "" ? key : `${path}.${key}`);
  const has = (key: string): boolean => fields[key] !== undefined;
  const get = (key: string, byDefault: unknown): unknown => (has(key) ? fields[key] : byDefault);

  return {
    has,
    pathOf,
    raw: (key) => fields[key],
    positiveInteger: (key, byDefault) => toPositiveInteger(get(key, byDefault), pathOf(key)),
    count: (key, byDefault) => toCount(get(key, byDefault), pathOf(key)),
    number: (key, range = {}) => toNumberWithin(get(key, range.byDefault), pathOf(key), range),
    boolean: (key, byDefault) => toBoolean(get(key, byDefault), pathOf(key)),
    oneOf: (key, allowed, byDefault) => toOneOf(get(key, byDefault), pathOf(key), allowed),
    countOrOneOf(key, allowed, byDefault) {
      const item = get(key, byDefault);
      if (isCount(item)) return item;
      return toOneOf(item, pathOf(key), allowed, "an integer of at least 0 or ");
    },
    list(key, read) {
      const items = fields[key];
      if (!Array.isArray(items) || items.length === 0)
        throw unexpected(pathOf(key), "a list that is not empty", items);
      return items.map((item: unknown, index) => read(item, `${pathOf(key)}[${index}]`));
    },
    refuse(key, why) {
      if (has(key))
        throw new EdgepropError("unsupported", `${pathOf(key)} is ${describeValue(fields[key])}; ${why}`);
    },
    allowOnly: (keys) => checkNames(fields, path, keys),
  };
}

export function toOneOf<T extends string>(
  value: unknown,
  path: string,
  allowed: readonly T[],
  orElse = "",
): T {
  const found = allowed.find((name) => name === value);
  if (found === undefined) throw unexpected(path, `${orElse}one of ${quoteNames(allowed)}`, value);
  return found;
}

export function toPositiveInteger(value: unknown, path: string): number {
  if (isCount(value) && value > 0) return value;
  throw unexpected(path, "a positive integer", value);
}

function toCount(value: unknown, path: string): number {
  if (isCount(value)) return value;
  throw unexpected(path, "an integer of at least 0", value);
}

export function toBoolean(value: unknown, path: string): boolean {
  if (typeof value === "boolean") return value;
  throw unexpected(path, "true or false", value);
}

/** Throws `bad-option`, naming the range. */
export function toNumberWithin(value: unknown, path: string, range: NumberRange): number {
  const { above = -Infinity, from = -Infinity, below = Infinity, upTo = Infinity } = range;
  const isNumber = typeof value === "number" && Number.isFinite(value);
  if (isNumber && value > above && value >= from && value < below && value <= upTo) return value;
  const wishes = Object.entries(rangeWords)
    .map(([key, words]) => [words, range[key as keyof typeof rangeWords]] as const)
    .filter(([, bound]) => bound !== undefined)
    .map((wish) => wish.join(" "));
  throw unexpected(path, `a finite number ${wishes.join(" and ")}`.trim(), value);
}

const rangeWords = { above: "above", from: "of at least", below: "below", upTo: "of at most" };

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function unexpected(path: string, expected: string, found: unknown): EdgepropError {
  return new EdgepropError("bad-option", `${path} is ${describeValue(found)}; expected ${expected}`);
}
