import { checkNames, describeValue, quoteNames } from "./check-options.ts";
import { EdgepropError } from "../errors.ts";

/** Reads the fields of an untrusted object. An error names the field by its path and says what was found there. */
export interface FieldReader {
  has(key: string): boolean;
  /** The value, unchecked. */
  raw(key: string): unknown;
  pathOf(key: string): string;
  positiveInteger(key: string, byDefault?: number): number;
  /** A finite number in the range; `byDefault` where the field is missing and the range has one. */
  number(key: string, range?: NumberRange): number;
  boolean(key: string, byDefault?: boolean): boolean;
  /** A string that matches the pattern; `expected` describes the pattern in words. */
  text(key: string, form: RegExp, expected: string): string;
  /** An object of JSON values, copied. */
  json(key: string): Readonly<Record<string, unknown>>;
  oneOf<T extends string>(key: string, allowed: readonly T[], byDefault?: T): T;
  /** An integer from 0, or one of the names. */
  countOrOneOf<T extends string>(key: string, allowed: readonly T[]): number | T;
  /** An integer from 0. */
  count(key: string, byDefault?: number): number;
  /** A list, not empty unless `mayBeEmpty`; `read` gets each item and its path. */
  list<T>(
    key: string,
    read: (item: unknown, path: string) => T,
    options?: { readonly mayBeEmpty?: boolean },
  ): T[];
  /** Throws `unsupported` when the field is there. */
  refuse(key: string, why: string): void;
  /** Throws when there are other fields: most often one is misspelt. */
  allowOnly(keys: readonly string[]): void;
}

export interface NumberRange {
  readonly byDefault?: number;
  readonly above?: number;
  readonly from?: number;
  readonly below?: number;
  readonly upTo?: number;
}

export function readFields(value: unknown, path: string): FieldReader {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw unexpected(path, "an object", value);
  const fields: Readonly<Record<string, unknown>> = { ...value };

  function get(key: string, byDefault: unknown): unknown {
    return fields[key] === undefined ? byDefault : fields[key];
  }

  return {
    has: (key) => fields[key] !== undefined,
    raw: (key) => fields[key],
    pathOf: (key) => join(path, key),
    positiveInteger: (key, byDefault) => toPositiveInteger(get(key, byDefault), join(path, key)),
    number: (key, range = {}) => toNumberWithin(get(key, range.byDefault), join(path, key), range),
    boolean(key, byDefault) {
      const item = get(key, byDefault);
      if (typeof item === "boolean") return item;
      throw unexpected(join(path, key), "true or false", item);
    },
    oneOf: (key, allowed, byDefault) => toOneOf(get(key, byDefault), join(path, key), allowed),
    countOrOneOf(key, allowed) {
      const item = fields[key];
      if (typeof item === "number" && Number.isSafeInteger(item) && item >= 0) return item;
      const found = allowed.find((name) => name === item);
      if (found === undefined)
        throw unexpected(join(path, key), `an integer of at least 0 or ${quote(allowed)}`, item);
      return found;
    },
    count(key, byDefault) {
      const item = get(key, byDefault);
      if (typeof item === "number" && Number.isSafeInteger(item) && item >= 0) return item;
      throw unexpected(join(path, key), "an integer of at least 0", item);
    },
    refuse(key, why) {
      if (fields[key] === undefined) return;
      throw new EdgepropError("unsupported", `${join(path, key)} is ${describeValue(fields[key])}; ${why}`);
    },
    text(key, form, expected) {
      const item = fields[key];
      if (typeof item === "string" && form.test(item)) return item;
      throw unexpected(join(path, key), expected, item);
    },
    json(key) {
      const item = fields[key];
      if (typeof item !== "object" || item === null || Array.isArray(item) || !isJson(item))
        throw unexpected(join(path, key), "an object of JSON values", item);
      return structuredClone(item) as Record<string, unknown>;
    },
    list(key, read, { mayBeEmpty = false } = {}) {
      const items = fields[key];
      if (!Array.isArray(items) || (items.length === 0 && !mayBeEmpty))
        throw unexpected(join(path, key), mayBeEmpty ? "a list" : "a list that is not empty", items);
      return items.map((item: unknown, index) => read(item, `${join(path, key)}[${index}]`));
    },
    allowOnly(keys) {
      checkNames(fields, path, keys);
    },
  };
}

export function toOneOf<T extends string>(value: unknown, path: string, allowed: readonly T[]): T {
  const found = allowed.find((name) => name === value);
  if (found === undefined) throw unexpected(path, quote(allowed), value);
  return found;
}

export function toPositiveInteger(value: unknown, path: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return value;
  throw unexpected(path, "a positive integer", value);
}

/** Whether JSON.stringify keeps the value as it is. */
function isJson(value: unknown): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isJson);
  if (typeof value !== "object") return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null) && Object.values(value).every(isJson);
}

/** Throws `bad-option`, naming the range. */
export function toNumberWithin(value: unknown, path: string, range: NumberRange): number {
  const { above = -Infinity, from = -Infinity, below = Infinity, upTo = Infinity } = range;
  const isNumber = typeof value === "number" && Number.isFinite(value);
  if (isNumber && value > above && value >= from && value < below && value <= upTo) return value;
  const wishes = [
    above > -Infinity ? `above ${above}` : "",
    from > -Infinity ? `of at least ${from}` : "",
    below < Infinity ? `below ${below}` : "",
    upTo < Infinity ? `of at most ${upTo}` : "",
  ].filter((wish) => wish !== "");
  throw unexpected(path, `a finite number${wishes.length > 0 ? ` ${wishes.join(" and ")}` : ""}`, value);
}

function unexpected(path: string, expected: string, found: unknown): EdgepropError {
  return new EdgepropError("bad-option", `${path} is ${describeValue(found)}; expected ${expected}`);
}

function join(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

function quote(names: readonly string[]): string {
  return `one of ${quoteNames(names)}`;
}
