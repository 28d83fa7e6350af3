import { createHmac } from "node:crypto";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, it } from "vitest";
import type { LocalRuntime } from "../../src/cli/local/local-runtime.ts";
import { dense, paramsLayout, sequential } from "../../src/node.ts";
import { decodeParams, encodeUpdate } from "../../src/protocol/index.ts";
import type { RunView } from "../../src/protocol/index.ts";
import { http, secrets, startRuntime } from "../support/processes/local.ts";
import { workerdOf } from "../support/processes/processes.ts";
import { smallRun } from "../support/run.ts";

const layout = paramsLayout(smallRun.model);
const admin = secrets.adminToken;

let runtime: LocalRuntime;
beforeAll(async () => {
  runtime = await startRuntime();
});
afterAll(async () => runtime.dispose());

function at(path: string): string {
  return `${runtime.url}${path}`;
}

async function createRun(overrides = {}): Promise<{ run: string; joinToken: string; path: string }> {
  const answer = await http("POST", at("/v1/runs"), {
    token: admin,
    json: { ...smallRun, roundTimeoutMs: 60_000, ...overrides },
  });
  const { run, joinToken } = answer.json() as { run: string; joinToken: string };
  return { run, joinToken, path: at(`/v1/runs/${run}`) };
}

async function join(path: string, joinToken: string, name: string): Promise<string> {
  const answer = await http("POST", `${path}/clients`, { token: joinToken, json: { name } });
  return (answer.json() as { token: string }).token;
}

/** A started run with the clients a and b and its first round open. */
async function createOpenRun(overrides = {}) {
  const { run, joinToken, path } = await createRun(overrides);
  const a = await join(path, joinToken, "a");
  const b = await join(path, joinToken, "b");
  await http("POST", `${path}/actions/start`, { token: admin });
  return { run, joinToken, path, a, b };
}

function update(value: number, numExamples = 10): Uint8Array {
  return encodeUpdate(layout, { delta: new Float32Array(8).fill(value), numExamples, loss: 1 });
}

async function readRun(path: string): Promise<RunView> {
  return (await http("GET", path, { token: admin })).json() as RunView;
}

describe("a run over HTTP", () => {
  it("goes from creation to the model as the weighted mean of its updates", async ({ expect }) => {
    const { path, a, b } = await createOpenRun({ rounds: 1 });
    const task = (await http("GET", `${path}/task`, { token: a })).json() as Record<string, string>;
    expect(task).toMatchObject({ round: 1, loss: "softmaxCrossEntropy", training: { batchSize: 4 } });
    const before = decodeParams(layout, (await http("GET", at(task["paramsPath"] ?? ""), { token: a })).body);
    expect(
      (await http("PUT", at(task["updatePath"] ?? ""), { token: a, bytes: update(1, 30) })).json(),
    ).toEqual({ status: "accepted" });
    expect((await http("GET", `${path}/task`, { token: a })).status).toBe(204);
    expect(
      (await http("PUT", `${path}/rounds/1/updates/b`, { token: b, bytes: update(-1, 10) })).status,
    ).toBe(201);
    expect(await readRun(path)).toMatchObject({
      phase: "finished",
      history: [{ round: 1, numExamples: 40, clients: ["a", "b"] }],
    });
    const after = decodeParams(layout, (await http("GET", `${path}/model`, { token: admin })).body);
    // (30 x 1 + 10 x -1) / 40, exact in fixed point; one float32 addition of rounding.
    expect([...after]).toEqual([...before].map((value) => Math.fround(value + 0.5)));
    expect((await http("GET", `${path}/task`, { token: a })).status).toBe(410);
  });

  it("waits for a task as long as it is asked to", async ({ expect }) => {
    const { joinToken, path } = await createRun();
    const a = await join(path, joinToken, "a");
    const waiting = http("GET", `${path}/task?waitMs=30000`, { token: a });
    await join(path, joinToken, "b");
    await http("POST", `${path}/actions/start`, { token: admin });
    expect((await waiting).json()).toMatchObject({ round: 1 });
  });

  it("tells its events, and a watcher that comes back only what it missed", async ({ expect }) => {
    const { path, a, b } = await createOpenRun({ rounds: 2 });
    for (const round of [1, 2]) {
      await http("PUT", `${path}/rounds/${round}/updates/a`, { token: a, bytes: update(0) });
      await http("PUT", `${path}/rounds/${round}/updates/b`, { token: b, bytes: update(0) });
    }
    const read = async (lastEventId: string): Promise<string> => {
      const abort = new AbortController();
      const headers = { authorization: `Bearer ${admin}`, "last-event-id": lastEventId };
      const response = await fetch(`${path}/events`, { headers, signal: abort.signal });
      let text = "";
      for await (const chunk of response.body ?? []) {
        text += new TextDecoder().decode(chunk);
        if (text.includes("event: run\n")) break;
      }
      return text;
    };
    expect((await read("0")).match(/^id: \d+$/gm)).toEqual(["id: 1", "id: 2"]);
    expect((await read("1")).match(/^id: \d+$/gm)).toEqual(["id: 2"]);
  });

  it("lists its runs to the admin", async ({ expect }) => {
    const { run } = await createRun();
    const { runs } = (await http("GET", at("/v1/runs"), { token: admin })).json() as {
      runs: { run: string }[];
    };
    expect(runs.map((listed) => listed.run)).toContain(run);
  });
});

describe("an evaluation that requires a backend", () => {
  it("waits, visibly, for a client that has it, while training goes on, and counts once", async ({
    expect,
  }) => {
    const evaluation = { everyRounds: 1, requires: { backend: "webgpu" } };
    const { path, joinToken, a, b } = await createOpenRun({ rounds: 2, evaluation });
    for (const [client, token] of [
      ["a", a],
      ["b", b],
    ] as const) {
      await http("PUT", `${path}/rounds/1/updates/${client}`, { token, bytes: update(0) });
    }
    expect(await readRun(path)).toMatchObject({
      current: { round: 2 },
      evaluations: [{ round: 1, phase: "waiting", requires: { backend: "webgpu" } }],
    });
    expect((await http("GET", `${path}/task`, { token: a })).json()).toMatchObject({
      kind: "train",
      round: 2,
    });

    const joined = await http("POST", `${path}/clients`, {
      token: joinToken,
      json: { name: "gpu", backend: "webgpu" },
    });
    const { token: gpu } = joined.json() as { token: string };
    const task = (await http("GET", `${path}/task`, { token: gpu })).json() as Record<string, string>;
    expect(task).toMatchObject({ kind: "evaluate", round: 1 });
    expect((await http("GET", at(task["paramsPath"] ?? ""), { token: gpu })).status).toBe(200);
    expect((await readRun(path)).evaluations).toMatchObject([{ phase: "leased", client: "gpu" }]);

    const result = { loss: 0.5, accuracy: 0.75, numExamples: 4 };
    const put = async (token: string, json: object) =>
      http("PUT", at(task["resultPath"] ?? ""), { token, json });
    expect((await put(a, result)).status).toBe(403);
    expect((await put(gpu, { ...result, accuracy: 2 })).json()).toMatchObject({
      detail: expect.stringContaining("accuracy"),
    });
    expect((await put(gpu, result)).json()).toEqual({ status: "accepted" });
    expect((await put(gpu, result)).json()).toEqual({ status: "duplicate" });
    expect((await readRun(path)).evaluations).toEqual([
      { round: 1, phase: "done", requires: { backend: "webgpu" }, client: "gpu", result },
    ]);
  });
});

describe("a minibatch run", () => {
  const overrides = {
    mode: "minibatch",
    minibatch: { exchange: "direction", numExamples: 8 },
    training: { ...smallRun.training, batchSize: 4 },
    rounds: 1,
  };

  it("leases shards, takes each once, and steps along their weighted mean", async ({ expect }) => {
    const { path, a, b } = await createOpenRun({ ...overrides, minUpdates: undefined });
    const tasks: Record<string, string>[] = [];
    for (const token of [a, b])
      tasks.push((await http("GET", `${path}/task`, { token })).json() as Record<string, string>);
    expect(tasks).toMatchObject([
      { shard: { index: 0, begin: 0, end: 2 } },
      { shard: { index: 1, begin: 2, end: 4 } },
    ]);
    const before = decodeParams(layout, (await http("GET", `${path}/model`, { token: admin })).body);
    const put = async (index: number, token: string, bytes: Uint8Array) =>
      http("PUT", at(tasks[index]?.["updatePath"] ?? ""), { token, bytes });
    expect((await put(0, a, update(3, 3))).json()).toMatchObject({
      status: "rejected",
      reason: expect.stringContaining("shard 0 has 2"),
    });
    expect((await put(0, a, update(3, 2))).status).toBe(201);
    expect((await put(0, a, update(3, 2))).json()).toEqual({ status: "duplicate" });
    expect((await put(1, b, update(1, 2))).status).toBe(201);
    expect(await readRun(path)).toMatchObject({
      phase: "finished",
      history: [{ updates: 2, numExamples: 4 }],
    });
    const after = decodeParams(layout, (await http("GET", `${path}/model`, { token: admin })).body);
    // The server's SGD at learning rate 0.1 along the mean of 3 and 1: params - float32(0.1) x 2, rounded once or twice.
    for (const [index, value] of after.entries()) expect(value).toBeCloseTo((before[index] ?? 0) - 0.2, 6);
  });
});

describe("an update that cannot count", () => {
  it("is answered with its reason, and a good one is accepted after it", async ({ expect }) => {
    const { path, a } = await createOpenRun();
    const target = `${path}/rounds/1/updates/a`;
    const put = async (bytes: Uint8Array) => http("PUT", target, { token: a, bytes });
    const expectRejected = async (bytes: Uint8Array, reason: RegExp): Promise<void> => {
      const answer = await put(bytes);
      expect(answer.status).toBe(422);
      expect(answer.json()).toMatchObject({ status: "rejected", reason: expect.stringMatching(reason) });
    };
    await expectRejected(update(Number.NaN), /finite/);
    await expectRejected(update(Number.POSITIVE_INFINITY), /finite/);
    await expectRejected(update(1e30), /range/);
    await expectRejected(update(1, 2_000_000), /numExamples/);
    await expectRejected(update(1).subarray(0, -4), /cut off/);
    await expectRejected(update(1).subarray(0, 20), /ends after/);
    await expectRejected(new Uint8Array(), /0 bytes/);
    const other = paramsLayout(sequential({ input: [4] }, [dense(2)]));
    await expectRejected(
      encodeUpdate(other, { delta: new Float32Array(10), numExamples: 1, loss: 1 }),
      /expected F32 \[3, 2\]/,
    );
    expect((await put(update(1))).json()).toEqual({ status: "accepted" });
    expect((await put(update(2))).json()).toEqual({ status: "duplicate" });
    const stale = await http("PUT", `${path}/rounds/9/updates/a`, { token: a, bytes: update(1) });
    expect(stale.status).toBe(409);
    expect(stale.json()).toEqual({ status: "stale", currentRound: 1 });
  });

  it("whose body is cut on the wire leaves nothing behind", async ({ expect }) => {
    const { run, path, a } = await createOpenRun();
    const { port } = new URL(runtime.url);
    const bytes = update(1);
    const head = `PUT /v1/runs/${run}/rounds/1/updates/a HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${a}\r\ncontent-length: ${bytes.length}\r\n\r\n`;
    await new Promise<void>((resolve, reject) => {
      const socket = connect(Number(port), "127.0.0.1", () => {
        socket.write(head);
        socket.write(bytes.subarray(0, bytes.length / 2), () => socket.destroy());
      });
      socket.once("close", () => resolve());
      socket.once("error", reject);
    });
    expect((await readRun(path)).current).toMatchObject({ round: 1, updates: 0 });
    expect((await http("PUT", `${path}/rounds/1/updates/a`, { token: a, bytes })).status).toBe(201);
  });
});

describe("tokens", () => {
  function forge(claims: object, secret: string): string {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const text = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
    return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
  }

  it("of another client, another run, another key or an old date do not open a door", async ({ expect }) => {
    const first = await createOpenRun();
    const second = await createOpenRun();
    const { run } = first;
    const exp = Math.floor(Date.now() / 1000) + 60;
    const put = async (token: string) =>
      http("PUT", `${first.path}/rounds/1/updates/a`, { token, bytes: update(1) });
    expect((await put(first.b)).status).toBe(403);
    expect((await put(second.a)).status).toBe(403);
    expect((await put(first.joinToken)).status).toBe(403);
    expect((await put(admin)).status).toBe(403);
    const claims = { kind: "client", run, client: "a", exp };
    expect((await put(forge(claims, "not the secret of this orchestrator"))).status).toBe(401);
    expect((await put(forge({ ...claims, exp: exp - 3_600 }, secrets.tokenSecret))).status).toBe(401);
    expect((await put(`${forge(claims, secrets.tokenSecret)}x`)).status).toBe(401);
    expect((await put(forge(claims, secrets.tokenSecret))).status).toBe(201);
  });

  it("are asked for, and what only the admin may do is refused to others", async ({ expect }) => {
    const { path, a } = await createOpenRun();
    const anonymous = await http("GET", path);
    expect(anonymous.status).toBe(401);
    expect(anonymous.type).toBe("application/problem+json");
    expect(anonymous.json()).toMatchObject({ code: "unauthorized", status: 401 });
    expect((await http("POST", at("/v1/runs"), { token: a, json: smallRun })).status).toBe(403);
    expect((await http("POST", `${path}/actions/stop`, { token: a })).status).toBe(403);
    expect((await http("GET", at("/v1/runs"), { token: a })).status).toBe(403);
  });

  it("give a name to who has it, and not to another", async ({ expect }) => {
    const { joinToken, path } = await createRun();
    const secret = "a secret of the client's own";
    const again = { name: "phone", secret };
    expect((await http("POST", `${path}/clients`, { token: joinToken, json: again })).status).toBe(201);
    expect((await http("POST", `${path}/clients`, { token: joinToken, json: again })).status).toBe(201);
    const thief = await http("POST", `${path}/clients`, { token: joinToken, json: { name: "phone" } });
    expect(thief.status).toBe(409);
    expect(thief.json()).toMatchObject({ code: "conflict", detail: expect.stringContaining("phone") });
    expect((await readRun(path)).numClients).toBe(1);
  });
});

describe("a bad request", () => {
  it.for([
    ["no JSON", "{", /not JSON/],
    ["an unknown field", { ...smallRun, color: "red" }, /color/],
    ["a missing field", { ...smallRun, model: undefined }, /model/],
    [
      "a negative tau",
      { ...smallRun, training: { ...smallRun.training, rule: { name: "proxprop", tau: -1 } } },
      /^training\.rule\.tau: is -1; expected a finite number above 0$/,
    ],
    [
      "an unknown activation",
      { ...smallRun, model: { input: [3], layers: [{ type: "dense", units: 2, activation: "swish" }] } },
      /activation/,
    ],
    [
      "a strategy that is not here",
      { ...smallRun, strategy: { name: "fedadam" } },
      /strategy\.name is "fedadam"; expected one of "fedavg"/,
    ],
    [
      "a learning rate of its strategy below 0",
      { ...smallRun, strategy: { name: "fedavg", serverLearningRate: -1 } },
      /strategy\.serverLearningRate is -1/,
    ],
    [
      "a filter that is not here",
      { ...smallRun, filters: [{ name: "clip" }] },
      /filters\[0\]\.name is "clip"/,
    ],
    ["minUpdates above cohortSize", { ...smallRun, minUpdates: 3 }, /minUpdates is 3/],
  ] as const)("with %s is a problem that names it", async ([, json, detail], { expect }) => {
    const answer = await http("POST", at("/v1/runs"), {
      token: admin,
      ...(typeof json === "string" ? { bytes: new TextEncoder().encode(json) } : { json }),
    });
    expect(answer.status).toBe(400);
    expect(answer.type).toBe("application/problem+json");
    expect(answer.json()).toMatchObject({ detail: expect.stringMatching(detail) });
  });

  it("for a model that no edge Worker has room for is a 413", async ({ expect }) => {
    const head = { type: "dense", units: 2, activation: "linear" } as const;
    const model = { input: [4096, 2048, 4], layers: [{ type: "globalAvgPool2d" }, head] };
    const answer = await http("POST", at("/v1/runs"), { token: admin, json: { ...smallRun, model } });
    expect(answer.status).toBe(413);
    expect(answer.json()).toMatchObject({ detail: expect.stringMatching(/for inputs; .* the model is too/) });
  });

  it("for a model with more params than a run may have is a 413", async ({ expect }) => {
    const model = sequential({ input: [4000] }, [dense(2000)]);
    const answer = await http("POST", at("/v1/runs"), { token: admin, json: { ...smallRun, model } });
    expect(answer.status).toBe(413);
    expect(answer.json()).toMatchObject({
      code: "too-large",
      detail: "the model has 8002000 params; at most 8000000 are supported",
    });
  });

  it("is not one for batches that only clients have room for", async ({ expect }) => {
    const model = { input: [784], layers: [{ type: "dense", units: 10, activation: "linear" }] };
    const training = { ...smallRun.training, batchSize: 65_536 };
    const answer = await http("POST", at("/v1/runs"), {
      token: admin,
      json: { ...smallRun, model, training },
    });
    expect(answer.status).toBe(201);
  });

  it("for what is not there is a 404", async ({ expect }) => {
    const { path } = await createRun();
    expect((await http("GET", at("/v1/runs/rnone"), { token: admin })).status).toBe(404);
    expect((await http("GET", `${path}/rounds/9/params`, { token: admin })).status).toBe(404);
    expect((await http("GET", at("/v2/runs"), { token: admin })).status).toBe(404);
  });
});

describe("the local runtime", () => {
  it(
    "comes back with everything acknowledged, also when its process is killed while it starts again",
    { timeout: 60_000 },
    async ({ expect }) => {
      const { path, a } = await createOpenRun();
      expect((await http("PUT", `${path}/rounds/1/updates/a`, { token: a, bytes: update(1) })).status).toBe(
        201,
      );
      const seen = new Set<number>();
      for (let kills = 0; kills < 3; kills++) {
        // As soon as there is a new one, that is, before it listens.
        await expect
          .poll(() => workerdOf(process.pid).filter((pid) => !seen.has(pid)).length, {
            timeout: 20_000,
            interval: 5,
          })
          .toBeGreaterThan(0);
        for (const pid of workerdOf(process.pid)) {
          seen.add(pid);
          process.kill(pid, "SIGKILL");
        }
      }
      const isBack = async () =>
        http("GET", at("/healthz")).then(
          ({ status }) => status,
          () => 0,
        );
      await expect.poll(isBack, { timeout: 30_000 }).toBe(200);
      expect((await readRun(path)).current).toMatchObject({ round: 1, updates: 1 });
      expect(
        (await http("PUT", `${path}/rounds/1/updates/a`, { token: a, bytes: update(1) })).json(),
      ).toEqual({ status: "duplicate" });
    },
  );
});
