import { readFields } from "../../checks/field-reader.ts";
import { EdgepropError } from "../../errors.ts";
import { pickByName } from "../pick-by-name.ts";
import type { FilterSet, FilterSpec } from "./update-filter.ts";

/**
 * A run's filters with their defaults filled in; undefined for what float32 alone says, which stands at the end of
 * every list without another encoding. Throws `bad-option`, naming the field or the names that the set has.
 */
export function parseFilters(
  filters: readonly FilterSpec[] | undefined,
  set: FilterSet,
): readonly FilterSpec[] | undefined {
  if (filters === undefined) return undefined;
  if (!Array.isArray(filters)) throw bad("filters is not a list; expected a list of { name, ... }");
  const parsed = filters.map((spec: unknown, index) => {
    const path = `filters[${index}]`;
    const fields = readFields(spec, path);
    const filter = pickByName(set, fields.raw("name"), { path: `${path}.name`, code: "bad-option" });
    if (filter.kind === "encoding" && index < filters.length - 1) {
      throw bad(`${path} is "${filter.name}", an encoding, before another filter; expected it at the end`);
    }
    return filter.parse(fields);
  });
  const named = parsed.filter(({ name }) => name !== "float32");
  return named.length === 0 ? undefined : named;
}

function bad(message: string): EdgepropError {
  return new EdgepropError("bad-option", message);
}
