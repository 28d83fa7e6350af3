import { EdgepropError, errorCode } from "../../src/errors.ts";

/** Puts the field of the request before the message of whatever goes wrong with it. */
export async function naming<T>(field: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const code = errorCode(cause);
    if (code === undefined || !(cause instanceof Error)) throw cause;
    throw new EdgepropError(code, `${field}: ${cause.message}`, { cause });
  }
}
