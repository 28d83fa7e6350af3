import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { createOperator, createOrchestrator, createTrainerWorker } from "edgeprop/client";
import { build } from "esbuild";
import { afterEach, describe, it } from "vitest";
import { packageRoot } from "../../src/cli/package-root.ts";
import { freePort } from "../support/processes/ports.ts";
import { smallRun } from "../support/run.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let close = async (): Promise<void> => {};
afterEach(async () => close());

/** A server that answers by the handlers in turn, and by the last one from then on; and what it was asked. */
async function serve(...handlers: Handler[]) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    (handlers[Math.min(asked.length, handlers.length) - 1] ?? answer(500))(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  const address = server.address();
  return { asked, url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}` };
}

function answer(status: number, body: unknown = {}): Handler {
  return (_, response) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

const problem = { code: "forbidden", detail: "this needs the admin token" };

/** One call of each side, which share the policy. */
const calls = [
  [
    "a participant",
    async (url: string, retries: number) => createOrchestrator({ url, run: "r1", retries }).task("t", 0),
  ],
  [
    "an operator",
    async (url: string, retries: number) => createOperator({ url, token: "t", retries }).createRun(smallRun),
  ],
  [
    "an operator of a trainer",
    async (url: string, retries: number) =>
      createTrainerWorker({ url, token: "t", retries }).status("edge-0"),
  ],
] as const;

describe.each(calls)("the calls of %s", (_, call) => {
  it("are repeated while the Worker is overloaded, restarts or breaks off", async ({ expect }) => {
    const breakOff: Handler = (request) => request.socket.destroy();
    const { asked, url } = await serve(answer(503), answer(429), breakOff, answer(200, { run: "r1" }));
    expect(await call(url, 3)).toEqual({ run: "r1" });
    expect(asked).toHaveLength(4);
  });

  it("end as unreachable when the attempts are spent", async ({ expect }) => {
    const { asked, url } = await serve(answer(503, "busy"));
    await expect(call(url, 1)).rejects.toMatchObject({
      code: "unreachable",
      message: expect.stringMatching(/did not answer after 2 attempts: .* answered 503: "busy"/),
    });
    expect(asked).toHaveLength(2);
    await expect(call(`http://127.0.0.1:${await freePort()}`, 0)).rejects.toMatchObject({
      code: "unreachable",
    });
  });

  it("throw what the problem document says, at once", async ({ expect }) => {
    const { asked, url } = await serve(answer(403, problem));
    await expect(call(url, 3)).rejects.toMatchObject({ code: problem.code, message: problem.detail });
    expect(asked).toHaveLength(1);
  });
});

it("an answer that is no problem document is quoted, with its address", async ({ expect }) => {
  const { url } = await serve((_, response) => response.writeHead(404).end("<html>nothing here</html>"));
  await expect(createOperator({ url, token: "t" }).params("r1", 2)).rejects.toMatchObject({
    code: "bad-request",
    message: `${url}/v1/runs/r1/rounds/2/params answered 404: <html>nothing here</html>`,
  });
});

describe("watching a run", () => {
  const event = (message: object): string => `data: ${JSON.stringify(message)}\n\n`;
  const closed = (round: number): object => ({ type: "round-closed", summary: { round } });

  it("goes on over a broken connection from the last closed round, until the run is over", async ({
    expect,
  }) => {
    const since: unknown[] = [];
    const tell =
      (text: string, isBroken = false): Handler =>
      (request, response) => {
        since.push(request.headers["last-event-id"]);
        response.writeHead(200).write(text, () => (isBroken ? request.socket.destroy() : response.end()));
      };
    const over = { type: "run", phase: "finished" };
    const { url } = await serve(
      tell(event(closed(1)) + event(closed(2)), true),
      tell(event(closed(3))),
      tell(event(over)),
    );
    const messages: unknown[] = [];
    const { signal } = new AbortController();
    for await (const message of createOperator({ url, token: "t" }).watch("r1", signal))
      messages.push(message);
    expect(messages).toEqual([closed(1), closed(2), closed(3), over]);
    expect(since).toEqual(["0", "2", "3"]);
  });

  it("ends when its signal aborts, and throws an answer that is an error", async ({ expect }) => {
    const { url } = await serve((_, response) => response.writeHead(200).write(event(closed(1))));
    const abort = new AbortController();
    const messages: unknown[] = [];
    for await (const message of createOperator({ url, token: "t" }).watch("r1", abort.signal)) {
      messages.push(message);
      abort.abort();
    }
    expect(messages).toEqual([closed(1)]);
    await close();
    const refused = await serve(answer(403, problem));
    const watching = createOperator({ url: refused.url, token: "t" }).watch(
      "r1",
      new AbortController().signal,
    );
    await expect(watching.next()).rejects.toMatchObject({ code: "forbidden" });
  });
});

it("a participant loads no reader of events", { timeout: 30_000 }, async ({ expect }) => {
  const bundle = async (names: string) => {
    const { metafile } = await build({
      stdin: {
        contents: `export { ${names} } from ${JSON.stringify(join(packageRoot, "src/client/index.ts"))};`,
        resolveDir: packageRoot,
      },
      bundle: true,
      format: "esm",
      metafile: true,
      write: false,
      logLevel: "silent",
    });
    const [output] = Object.values(metafile.outputs);
    return Object.entries(output?.inputs ?? {}).flatMap(([path, { bytesInOutput }]) =>
      bytesInOutput > 0 ? [path] : [],
    );
  };
  const participant = await bundle("takeTurn, createOrchestrator, createDataSource, trainTask");
  expect(participant.filter((path) => path.includes("eventsource-parser"))).toEqual([]);
  expect((await bundle("createOperator")).some((path) => path.includes("eventsource-parser"))).toBe(true);
});
