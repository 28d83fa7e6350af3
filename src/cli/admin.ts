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
  /** The run's events until it is over, reconnecting without a gap in the closed rounds. */
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
      const response = await retryUnreachable(async () => call(target, { headers }));
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

/** The events of one connection; ends when it does, for whatever reason: the caller connects again. */
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
    // An orchestrator that restarts breaks the connection; an answer of its own is a real error.
    if (error instanceof EdgepropError) throw error;
  }
}

/** The orchestrator's process is started again when it dies: half a minute covers that many times over. */
async function retryUnreachable<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof EdgepropError || tries >= 60) throw error;
      await delay(500);
    }
  }
}

/** Throws EdgepropError for an answer that is not a success, whatever fetch throws for none. */
export async function call(url: URL, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  if (response.ok) return response;
  throw new EdgepropError(
    "bad-request",
    `${init.method ?? "GET"} ${url.pathname} answered ${response.status}: ${await response.text()}`,
  );
}

async function delay(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
