import { describeValue, quoteNames } from "../checks/check-options.ts";
import { EdgepropError } from "../errors.ts";
import type { ErrorCode } from "../errors.ts";
import { lookup } from "./reducer/lookup.ts";

/** The member `name` of a set. Throws `code`, naming `path` and what the set has. */
export function pickByName<T extends { readonly name: string }>(
  set: Readonly<Record<string, T>>,
  name: unknown,
  { path, code }: { readonly path: string; readonly code: ErrorCode },
): T {
  const found = typeof name === "string" ? lookup(set, name) : undefined;
  if (found !== undefined && found.name === name) return found;
  if (found !== undefined) {
    throw new EdgepropError(
      "bad-option",
      `${path} is ${describeValue(name)}, under which the set has one named "${found.name}"; expected the same name`,
    );
  }
  throw new EdgepropError(
    code,
    `${path} is ${describeValue(name)}; expected one of ${quoteNames(Object.keys(set))}`,
  );
}
