import type { z } from "zod";
import { EdgepropError } from "../../src/errors.ts";

/** Throws `bad-request` that names each field and what was expected of it. */
export function parseWith<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new EdgepropError("bad-request", result.error.issues.map(describeIssue).join("; "));
}

/**
 * The library's own parsers begin their messages with the field, "rule.tau is 0", which the path leads to already: that
 * of a RunSpec is "training.rule.tau: is 0".
 */
function describeIssue({ path, message }: Pick<z.core.$ZodIssue, "path" | "message">): string {
  const place = path.join(".") || "body";
  const own = String(path.at(-1));
  const [, field = "", problem = ""] = /^(\S+) (.*)$/s.exec(message) ?? [];
  const isNamed = field === own || field.startsWith(`${own}.`);
  return isNamed ? `${place}${field.slice(own.length)}: ${problem}` : `${place}: ${message}`;
}
