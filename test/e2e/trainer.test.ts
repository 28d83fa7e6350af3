import { afterAll, beforeAll, describe, it } from "vitest";
import type { LocalRuntime } from "../../src/cli/local/local-runtime.ts";
import { createRandom, toDataset } from "../../src/data/index.ts";
import { trainTask } from "../../src/client/index.ts";
import { createTrainer, paramsLayout } from "../../src/node.ts";
import { decodeParams, encodeDataset } from "../../src/protocol/index.ts";
import type { RunView } from "../../src/protocol/index.ts";
import { http, secrets, startRuntime } from "../support/processes/local.ts";
import { createScene, smallRun } from "../support/run.ts";

const random = createRandom("trainer.test");
const dataset = toDataset({
  inputs: Float32Array.from({ length: 3 * 50 }, () => random.uniform()),
  targets: Int32Array.from({ length: 50 }, () => random.below(2)),
  inputSize: 3,
});

let runtime: LocalRuntime;
beforeAll(async () => {
  runtime = await startRuntime();
});
afterAll(async () => runtime.dispose());

async function createRun(overrides = {}): Promise<{ run: string; joinToken: string; path: string }> {
  const json = { ...smallRun, roundTimeoutMs: 60_000, ...overrides };
  const answer = await http("POST", `${runtime.url}/v1/runs`, { token: secrets.adminToken, json });
  const { run, joinToken } = answer.json() as { run: string; joinToken: string };
  await http("POST", `${runtime.url}/v1/runs/${run}/actions/start`, { token: secrets.adminToken });
  return { run, joinToken, path: `${runtime.url}/v1/runs/${run}` };
}

function trainer(path: string): string {
  return `${runtime.trainerUrls[0]}${path}`;
}

async function assign(client: string, { run, joinToken }: { run: string; joinToken: string }) {
  const token = secrets.trainerToken;
  await http("PUT", trainer(`/v1/clients/${client}/dataset`), { token, bytes: encodeDataset(dataset) });
  return http("POST", trainer(`/v1/clients/${client}/join`), {
    token,
    json: { url: runtime.url, run, joinToken },
  });
}

async function readRun(path: string): Promise<RunView> {
  return (await http("GET", path, { token: secrets.adminToken })).json() as RunView;
}

describe("an edge client in the trainer Worker", () => {
  it(
    "joins, trains and submits, the very bytes that Node computes",
    { timeout: 30_000 },
    async ({ expect }) => {
      const place = await createRun({ cohortSize: 1, minUpdates: 1, rounds: 1 });
      expect((await assign("only", place)).status).toBe(202);
      await expect.poll(async () => (await readRun(place.path)).phase, { timeout: 20_000 }).toBe("finished");
      const layout = paramsLayout(smallRun.model);
      const read = async (path: string) =>
        decodeParams(layout, (await http("GET", `${place.path}${path}`, { token: secrets.adminToken })).body);
      const [before, after] = [await read("/rounds/1/params"), await read("/model")];

      const scene = createScene({ cohortSize: 1, minUpdates: 1 });
      scene.join("only");
      scene.start();
      const reply = scene.ask("only");
      if (reply.status !== "task" || reply.task.kind !== "train") throw new Error("the scene has no task");
      const update = await trainTask(createTrainer, reply.task, {
        params: before,
        dataset,
        slicing: { pause: async () => {} },
      });
      // One client: the mean is its delta, so that the sum in fixed point (2^-32) is all that lies between.
      const expected = before.map((value, index) => value + (update.delta[index] ?? 0));
      expect(Math.max(...after.map((value, index) => Math.abs(value - (expected[index] ?? 0))))).toBeLessThan(
        1e-6,
      );
      expect((await readRun(place.path)).history[0]?.loss).toBe(update.loss);
    },
  );

  it("answers while it trains", { timeout: 60_000 }, async ({ expect }) => {
    // Enough epochs that training takes seconds: the answers below come in the midst of it.
    const training = { ...smallRun.training, batchSize: 1, localEpochs: 10_000 };
    const place = await createRun({ cohortSize: 1, minUpdates: 1, rounds: 1, training });
    await assign("busy", place);
    await expect.poll(async () => (await readRun(place.path)).current?.round, { timeout: 20_000 }).toBe(1);
    for (let i = 0; i < 20; i++) expect((await http("GET", trainer("/healthz"))).status).toBe(200);
    expect(await readRun(place.path)).toMatchObject({ phase: "running", current: { updates: 0 } });
    await http("POST", `${place.path}/actions/stop`, { token: secrets.adminToken });
  });

  it("stops when its run is over, and says so", { timeout: 30_000 }, async ({ expect }) => {
    const place = await createRun({ cohortSize: 1, minUpdates: 1, rounds: 1 });
    await assign("done", place);
    const status = async () =>
      (await http("GET", trainer("/v1/clients/done"), { token: secrets.trainerToken })).json();
    await expect.poll(status, { timeout: 20_000 }).toMatchObject({ phase: "over" });
  });

  it(
    "gives up on a token that does not open the run, and says why",
    { timeout: 30_000 },
    async ({ expect }) => {
      const { run } = await createRun();
      await assign("forger", { run, joinToken: "x.y.z" });
      const status = async () =>
        (await http("GET", trainer("/v1/clients/forger"), { token: secrets.trainerToken })).json();
      await expect
        .poll(status, { timeout: 20_000 })
        .toMatchObject({ phase: "failed", lastError: expect.stringContaining("token") });
    },
  );
});

describe("the trainer Worker refuses", () => {
  it("who has no token, or another", async ({ expect }) => {
    expect((await http("GET", trainer("/v1/clients/a"))).status).toBe(401);
    expect((await http("GET", trainer("/v1/clients/a"), { token: secrets.adminToken })).status).toBe(401);
  });

  it("a client without a dataset, a broken dataset, a bad name and a bad address", async ({ expect }) => {
    const token = secrets.trainerToken;
    const place = { url: runtime.url, run: "r", joinToken: "t" };
    expect((await http("POST", trainer("/v1/clients/empty/join"), { token, json: place })).status).toBe(409);
    const broken = await http("PUT", trainer("/v1/clients/empty/dataset"), {
      token,
      bytes: encodeDataset(dataset).subarray(0, 100),
    });
    expect(broken.status).toBe(400);
    expect(broken.json()).toMatchObject({ code: "bad-file" });
    expect((await http("GET", trainer("/v1/clients/_x"), { token })).status).toBe(400);
    const url = await http("POST", trainer("/v1/clients/empty/join"), {
      token,
      json: { ...place, url: "ftp://x" },
    });
    expect(url.json()).toMatchObject({ code: "bad-request", detail: expect.stringContaining("url") });
  });
});
