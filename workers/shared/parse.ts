import type { z } from "zod";
import { EdgepropError } from "../../src/errors.ts";

/** Throws `bad-request` that names each field and what was expected of it. */
export function parseWith<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join(".") || "body"}: ${message}`);
  throw new EdgepropError("bad-request", problems.join("; "));
}
