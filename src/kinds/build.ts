import { readFields } from "../checks/field-reader.ts";
import type { FieldReader } from "../checks/field-reader.ts";
import { linked } from "./link.ts";

/** The complete spec of a builder's options, which knows its type. Throws `bad-option`, naming the field. */
export function build<S extends object>(
  type: { readonly name: string; parse(fields: FieldReader): S },
  options: object,
  path: string,
): S {
  return linked(type.parse(readFields({ name: type.name, ...options }, path)), type);
}
