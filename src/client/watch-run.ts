import { EdgepropError } from "../errors.ts";
import { routes } from "../protocol/index.ts";
import type { RunMessage } from "../protocol/index.ts";
import { requireOk } from "./http.ts";
import type { SendRequest } from "./http.ts";

export interface WatchOptions {
  readonly run: string;
  readonly token: string;
  readonly signal: AbortSignal;
}

const reconnectMs = 200;

/** The run's events until it is over or `signal` aborts, over as many connections as it takes. */
export async function* watchRun(send: SendRequest, options: WatchOptions): AsyncGenerator<RunMessage> {
  let lastRound = 0;
  while (!options.signal.aborted) {
    for await (const message of readEvents(send, { ...options, lastRound })) {
      if (message.type === "round-closed") lastRound = message.summary.round;
      yield message;
      if (message.type === "run" && (message.phase === "finished" || message.phase === "failed")) return;
    }
    await new Promise((resolve) => setTimeout(resolve, reconnectMs));
  }
}

/** The events of one connection; ends when it does, for whatever reason: the caller connects again. */
async function* readEvents(
  send: SendRequest,
  { run, token, signal, lastRound }: WatchOptions & { readonly lastRound: number },
): AsyncGenerator<RunMessage> {
  // Loaded here alone: a participant, which imports the same index.ts, never reads events.
  const { createParser } = await import("eventsource-parser");
  const pending: RunMessage[] = [];
  const parser = createParser({ onEvent: ({ data }) => pending.push(JSON.parse(data) as RunMessage) });
  const headers = { "last-event-id": String(lastRound) };
  try {
    const { body } = await requireOk(await send(routes.events(run), { token, headers, signal }));
    for await (const text of (body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      parser.feed(text);
      yield* pending.splice(0);
    }
  } catch (error) {
    // An orchestrator that restarts breaks the connection; an answer of its own is a real error.
    if (error instanceof EdgepropError) throw error;
  }
}
