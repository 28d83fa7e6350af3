import { quoteNames, describeValue } from "../checks/check-options.ts";
import { readFields } from "../checks/field-reader.ts";
import type { FieldReader } from "../checks/field-reader.ts";
import { EdgepropError } from "../errors.ts";
import type { ActivationType } from "./activation-type.ts";
import type { LayerType } from "./layer-type.ts";
import type { LossType } from "./loss-type.ts";
import type { OptimizerType } from "./optimizer-type.ts";
import type { RuleType } from "./rule-type.ts";
import { linked, typeOfSpec } from "./link.ts";
import type { ScheduleType } from "./schedule-type.ts";

/**
 * What a reader of specs knows, by name. A set is a plain object that is handed over: what it does not name is in no
 * bundle, and an object of a user's own is one more entry.
 */
export interface Sets {
  readonly activations: SetOf<ActivationType>;
  readonly layers: SetOf<LayerType>;
  readonly losses: SetOf<LossType>;
  readonly optimizers: SetOf<OptimizerType>;
  readonly rules: SetOf<RuleType>;
  readonly schedules: SetOf<ScheduleType>;
}

export type SetOf<T> = Readonly<Record<string, T>>;

/** How a name is refused that the set lacks: it may be a slip, or what another reader knows. */
export type UnknownCode = "bad-option" | "unsupported";

/** The entry called `name`. Throws, saying what the set has. */
export function findIn<T>(
  set: SetOf<T>,
  name: unknown,
  { path, code = "bad-option" }: { readonly path: string; readonly code?: UnknownCode },
): T {
  if (typeof name === "string" && Object.hasOwn(set, name)) {
    const found = set[name];
    if (found !== undefined) return found;
  }
  const names = Object.keys(set);
  throw new EdgepropError(
    typeof name === "string" ? code : "bad-option",
    `${path} is ${describeValue(name)}; ${names.length > 0 ? `expected one of ${quoteNames(names)}` : "no sets were handed over; build it by its function"}`,
  );
}

/** Anything that a spec's `name` stands for. */
interface Named<S> {
  parse(fields: FieldReader): S;
}

/** A spec with the object that it is of: its builder's, or what its name stands for. Throws `bad-option`, or `code` for another name. */
export function bindSpec<S extends object, T extends Named<S>>(
  set: SetOf<T & Named<S>>,
  value: unknown,
  { path, code = "unsupported" }: { readonly path: string; readonly code?: UnknownCode },
): { readonly type: T; readonly spec: S } {
  const fields = readFields(value, path);
  const type =
    (typeOfSpec(value) as T | undefined) ??
    findIn<T>(set, fields.raw("name"), { path: fields.pathOf("name"), code });
  return { type, spec: linked(type.parse(fields), type) };
}
