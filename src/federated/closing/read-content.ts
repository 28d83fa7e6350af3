import { errorCode } from "../../errors.ts";
import type { Report } from "../../frames/index.ts";
import type { UpdateContent } from "../inputs.ts";

export interface Reading<T> {
  readonly decode: (bytes: Uint8Array) => T;
  /** Why an update cannot count, or null. */
  readonly problemWith: (update: T) => string | null;
  /** A larger claim is refused. */
  readonly maxExamples?: number;
}

/** What is wrong with a client's bytes is an answer to it, not a failure of ours. */
export function readContent<T extends Report>(
  bytes: Uint8Array,
  { decode, problemWith, maxExamples = Infinity }: Reading<T>,
): UpdateContent {
  try {
    const update = decode(bytes);
    const { numExamples, loss } = update;
    const reason =
      numExamples > maxExamples
        ? `numExamples is ${numExamples}; at most ${maxExamples} are accepted`
        : problemWith(update);
    if (reason !== null) return { isValid: false, reason };
    return { isValid: true, update: { numExamples, loss, sizeBytes: bytes.length } };
  } catch (error) {
    if (errorCode(error) === undefined || !(error instanceof Error)) throw error;
    return { isValid: false, reason: error.message };
  }
}
