import type { RunMessage } from "../../src/protocol/index.ts";

/** Server-Sent Events to everybody who watches a run. */
export interface EventStream {
  /** A new watcher, who is first told `past`. */
  open(past: readonly RunMessage[]): ReadableStream<Uint8Array>;
  send(message: RunMessage): void;
}

/** Progress of a round is told at most this often: with many clients and watchers it would cost more than the updates. */
const updateIntervalMs = 250;
const keepAliveMs = 15_000;

export function createEventStream(): EventStream {
  const watchers = new Set<WritableStreamDefaultWriter<Uint8Array>>();
  let pendingUpdate: RunMessage | null = null;
  let isTimerSet = false;
  let keepAlive: ReturnType<typeof setInterval> | null = null;

  function write(text: string): void {
    const bytes = new TextEncoder().encode(text);
    // A watcher that has gone shows as a rejected write; one that is slow buffers in its own stream.
    for (const watcher of watchers) watcher.write(bytes).catch(() => remove(watcher));
  }

  function remove(watcher: WritableStreamDefaultWriter<Uint8Array>): void {
    watchers.delete(watcher);
    if (watchers.size > 0) return;
    clearInterval(keepAlive);
    keepAlive = null;
  }

  function flush(): void {
    if (pendingUpdate !== null) write(toText(pendingUpdate));
    pendingUpdate = null;
  }

  return {
    open(past) {
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
      const watcher = writable.getWriter();
      watchers.add(watcher);
      watcher.closed.catch(() => remove(watcher));
      keepAlive ??= setInterval(() => write(": keep-alive\n\n"), keepAliveMs);
      const text = `retry: 500\n\n${past.map(toText).join("")}`;
      watcher.write(new TextEncoder().encode(text)).catch(() => remove(watcher));
      return readable;
    },

    send(message) {
      if (message.type !== "update") {
        flush();
        write(toText(message));
        return;
      }
      pendingUpdate = message;
      if (isTimerSet || watchers.size === 0) return;
      isTimerSet = true;
      setTimeout(() => {
        isTimerSet = false;
        flush();
      }, updateIntervalMs);
    },
  };
}

function toText(message: RunMessage): string {
  const id = message.type === "round-closed" ? `id: ${message.summary.round}\n` : "";
  return `${id}event: ${message.type}\ndata: ${JSON.stringify(message)}\n\n`;
}
