import { once } from "node:events";
import { createServer } from "node:net";
import type { Server } from "node:net";

/** A server on a free local port that it holds until it is closed. */
export async function holdPort(): Promise<{ server: Server; port: number }> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the server has no port");
  return { server, port: address.port };
}

export async function freePort(): Promise<number> {
  const { server, port } = await holdPort();
  server.close();
  await once(server, "close");
  return port;
}
