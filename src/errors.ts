/**
 * Every error edgeprop throws on purpose is an EdgepropError with one of these codes.
 * Recognise errors by `code`: a Durable Object call strips the class and keeps the code.
 */
export type ErrorCode =
  | "bad-option" // an option has a value outside its range; the message names both
  | "bad-shape" // a tensor, batch or dataset does not have the expected shape
  | "bad-label" // a class index or token outside its range
  | "non-finite" // NaN or infinity where finite numbers are needed
  | "unsupported" // valid in itself, but not implemented here
  | "out-of-memory" // the memory plan does not fit the budget
  | "kernels-unavailable" // the wasm kernels could not be loaded
  | "bad-file" // a file or tensor frame is malformed
  | "missing-data" // a data set is not installed
  | "port-in-use"
  | "runtime-failed" // a local workerd did not start or answered nonsense
  | "bad-request" // HTTP: malformed body or parameters
  | "unauthorized" // HTTP: no token, or a forged or expired one
  | "forbidden" // HTTP: a valid token for something else
  | "not-found" // HTTP: no such run, round or client
  | "conflict" // HTTP: the run's state does not allow this now
  | "too-large" // HTTP: the body exceeds its limit
  | "unreachable"; // the orchestrator did not answer within the retries

export class EdgepropError extends Error {
  override readonly name = "EdgepropError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * The code of an EdgepropError, even after a Durable Object call stripped its class; undefined for any other error.
 *
 * @example
 * ```ts
 * try {
 *   toDataset({ inputs: [[0, 1], [1]], targets: [0, 1] });
 * } catch (error) {
 *   console.log(errorCode(error)); // bad-shape
 * }
 * ```
 */
export function errorCode(error: unknown): ErrorCode | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return "name" in error && error.name === "EdgepropError" ? (error.code as ErrorCode) : undefined;
}
