import { connect } from "node:net";

const probeMs = 300;
/** Miniflare restarts a killed workerd by itself within half a second, but not one that dies while it starts. */
const graceMs = 1_500;

/** Calls `restart` when nothing has listened on the port for longer than Miniflare's own restart takes. */
export function supervisePort(port: number, signal: AbortSignal, restart: () => Promise<void>): void {
  let downSince: number | null = null;

  async function watch(): Promise<void> {
    while (!signal.aborted) {
      await delay(probeMs);
      if (signal.aborted) return;
      if (await isListening(port)) {
        downSince = null;
        continue;
      }
      downSince ??= performance.now();
      if (performance.now() - downSince < graceMs) continue;
      await restart();
      downSince = null;
    }
  }

  void watch();
}

async function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

async function delay(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms).unref());
}
