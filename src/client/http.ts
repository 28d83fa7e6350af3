import pRetry, { AbortError } from "p-retry";
import { EdgepropError } from "../errors.ts";
import type { ErrorCode } from "../errors.ts";

export interface HttpOptions {
  /** Where the Worker answers: `https://host`. */
  readonly url: string;
  /** Attempts beyond the first, with jittered exponential back-off from 0.1 s to 10 s. Default 8. */
  readonly retries?: number;
}

interface HttpRequest {
  readonly method?: "GET" | "POST" | "PUT";
  readonly token: string;
  readonly body?: HttpBody;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface HttpBody {
  readonly type: string;
  readonly content: string | Uint8Array;
}

/** Sends one request to a path of a Worker and gives its answer, whatever the status below 500; see `requireOk`. */
export type SendRequest = (path: string, request: HttpRequest) => Promise<Response>;

/**
 * The one retry policy: what may pass by itself is tried again, a network failure, or a Worker that is overloaded or
 * restarts; hence only for requests that may be repeated. Throws `unreachable` once the attempts are spent, and the
 * signal's reason once it aborts.
 */
export function createHttp({ url, retries = 8 }: HttpOptions): SendRequest {
  return async (path, { method = "GET", token, body, headers: more, signal }) => {
    const headers = new Headers({ ...more, authorization: `Bearer ${token}` });
    if (body !== undefined) headers.set("content-type", body.type);
    const init: RequestInit = {
      method,
      headers,
      ...(body === undefined ? {} : { body: toBody(body.content) }),
      ...(signal === undefined ? {} : { signal }),
    };
    return withRetries(async () => send(new URL(path, url), init), { url, retries, signal });
  };
}

export function jsonBody(value: unknown): HttpBody {
  return { type: "application/json", content: JSON.stringify(value) };
}

/** The answer if it is a success; else throws what its problem document (RFC 9457) says, under its code. */
export async function requireOk(response: Response): Promise<Response> {
  if (response.ok) return response;
  const text = await response.text();
  const { code, detail } = parseProblem(text);
  throw new EdgepropError(
    code ?? "bad-request",
    detail ?? `${response.url} answered ${response.status}: ${text.slice(0, 200)}`,
  );
}

export async function readJson<T>(response: Response): Promise<T> {
  return (await (await requireOk(response)).json()) as T;
}

export async function readFile(response: Response): Promise<Uint8Array> {
  return new Uint8Array(await (await requireOk(response)).arrayBuffer());
}

function toBody(content: string | Uint8Array): string | Uint8Array<ArrayBuffer> {
  return typeof content === "string" ? content : new Uint8Array(content);
}

async function send(url: URL, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  if (response.status < 500 && response.status !== 429) return response;
  throw new Error(`${init.method} ${url.pathname} answered ${response.status}: ${await response.text()}`);
}

interface RetryOptions {
  readonly url: string;
  readonly retries: number;
  readonly signal: AbortSignal | undefined;
}

async function withRetries<T>(attempt: () => Promise<T>, { url, retries, signal }: RetryOptions): Promise<T> {
  try {
    return await pRetry(
      async () => {
        try {
          return await attempt();
        } catch (error) {
          if (signal?.aborted === true) throw new AbortError(toError(error));
          // p-retry gives up on a TypeError that it does not know as a network failure; workerd words its own.
          throw error instanceof Error ? new Error(error.message, { cause: error }) : error;
        }
      },
      { retries, minTimeout: 100, maxTimeout: 10_000, factor: 2, randomize: true, ...(signal && { signal }) },
    );
  } catch (cause) {
    if (signal?.aborted === true) throw signal.reason;
    throw new EdgepropError(
      "unreachable",
      `${url} did not answer after ${retries + 1} attempts: ${toError(cause).message}`,
      { cause },
    );
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function parseProblem(text: string): { code?: ErrorCode; detail?: string } {
  try {
    const problem: unknown = JSON.parse(text);
    return typeof problem === "object" && problem !== null ? problem : {};
  } catch {
    return {}; // Not a problem document: the caller quotes the text instead.
  }
}
