import { describeValue } from "../../checks/check-options.ts";
import { EdgepropError } from "../../errors.ts";
import type { ModelSpec } from "../../model/index.ts";

/** Throws `bad-option`, naming the first place where the checkpoint's model is another one. */
export function checkSameModel(found: ModelSpec, expected: ModelSpec): void {
  const difference = differenceOf(found, expected, "");
  if (difference === null) return;
  throw new EdgepropError("bad-option", `the checkpoint is of another model: ${difference}`);
}

/** Where two values of plain JSON differ, whatever the order of their keys; null where they do not. */
function differenceOf(found: unknown, expected: unknown, path: string): string | null {
  if (isContainer(found) && isContainer(expected)) {
    for (const key of new Set([...Object.keys(found), ...Object.keys(expected)])) {
      const name = Array.isArray(found) ? `${path}[${key}]` : `${path}${path === "" ? "" : "."}${key}`;
      const difference = differenceOf(found[key], expected[key], name);
      if (difference !== null) return difference;
    }
    return null;
  }
  if (found === expected) return null;
  return `${path} is ${describeValue(found)}; expected ${describeValue(expected)}`;
}

function isContainer(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
