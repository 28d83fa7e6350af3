import { createParser } from "eventsource-parser";
import { EdgepropError } from "../errors.ts";
import { routes } from "../protocol/index.ts";
import type { CreateRunRequest, CreateRunResponse, RunAction, RunMessage } from "../protocol/index.ts";

/** The operator's calls to an orchestrator. */
export interface Admin {
  createRun(request: CreateRunRequest): Promise<CreateRunResponse>;
  act(run: string, action: RunAction): Promise<void>;
  /** The params that `round` starts from, as a safetensors file. */
  params(run: string, round: number): Promise<Uint8Array>;
  /** Yields the run's events until the run is over; it reconnects without missing a closed round. */
  watch(run: string, signal: AbortSignal): AsyncGenerator<RunMessage>;
}

export function createAdmin(url: string, token: string): Admin {
  const headers = { authorization: `Bearer ${token}` };

  return {
    async createRun(request) {
      const init = {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify(request),
      };
      return (await (await call(new URL(routes.runs(), url), init)).json()) as CreateRunResponse;
    },

    async act(run, action) {
      await call(new URL(routes.action(run, action), url), { method: "POST", headers });
    },

    async params(run, round) {
      const target = new URL(routes.params(run, round), url);
      const response = await call(target, { headers });
      return new Uint8Array(await response.arrayBuffer());
    },

    async *watch(run, signal) {
      let lastRound = 0;
      while (!signal.aborted) {
        for await (const message of readEvents(
          new URL(routes.events(run), url),
          { ...headers, "last-event-id": String(lastRound) },
          signal,
        )) {
          if (message.type === "round-closed") lastRound = message.summary.round;
          yield message;
          if (message.type === "run" && (message.phase === "finished" || message.phase === "failed")) return;
        }
        await delay(200);
      }
    },
  };
}

/** Yields the events of one connection and ends when the connection does; the caller connects again. */
async function* readEvents(
  url: URL,
  headers: Record<string, string>,
  signal: AbortSignal,
): AsyncGenerator<RunMessage> {
  const pending: RunMessage[] = [];
  const parser = createParser({ onEvent: ({ data }) => pending.push(JSON.parse(data) as RunMessage) });
  try {
    const response = await call(url, { headers, signal });
    for await (const text of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      parser.feed(text);
      yield* pending.splice(0);
    }
  } catch (error) {
    // A restarting orchestrator breaks the connection, and we try again; an HTTP error that it answers is a real one.
    if (error instanceof EdgepropError) throw error;
  }
}

/**
 * Throws EdgepropError for an answer that is not a success. The call is repeated after a 5xx or no answer, since a
 * Worker whose process died is started again; half a minute of retries covers that many times over. Every call may be
 * repeated.
 */
export async function call(url: URL, init: RequestInit): Promise<Response> {
  const what = `${init.method ?? "GET"} ${url.pathname}`;
  for (let tries = 1; ; tries++) {
    const answer = await attempt(url, init);
    if (answer instanceof Response && answer.ok) return answer;
    const isPassing = !(answer instanceof Response) || answer.status >= 500;
    if (isPassing && tries < 60 && init.signal?.aborted !== true) {
      await delay(500);
      continue;
    }
    if (!(answer instanceof Response))
      throw new EdgepropError("unreachable", `${what} was not answered`, { cause: answer });
    throw new EdgepropError(
      "bad-request",
      `${what} answered ${answer.status}: ${detailOf(await answer.text())}`,
    );
  }
}

/** The answer, or the reason why there is none. */
async function attempt(url: URL, init: RequestInit): Promise<Response | Error> {
  try {
    return await fetch(url, init);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** The detail of a problem document; other bodies unchanged. */
function detailOf(body: string): string {
  try {
    const problem: unknown = JSON.parse(body);
    if (typeof problem === "object" && problem !== null && "detail" in problem) return String(problem.detail);
  } catch {
    // The body is not a problem document.
  }
  return body.slice(0, 200);
}

async function delay(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
