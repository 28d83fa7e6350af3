import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, it } from "vitest";
import { loadMnist } from "../../src/cli/mnist.ts";
import type { LocalRuntime } from "../../src/cli/local/local-runtime.ts";
import { packageRoot } from "../../src/cli/package-root.ts";
import { sliceExamples } from "../../src/data/index.ts";
import { backprop, createTrainer, paramsLayout, sgd } from "../../src/node.ts";
import { decodeParams, encodeDataset } from "../../src/protocol/index.ts";
import type { RunView } from "../../src/protocol/index.ts";
import { http, secrets, startRuntime } from "../support/processes/local.ts";
import { smallRun } from "../support/run.ts";

const token = secrets.adminToken;
const model = { input: [784], layers: [{ type: "dense", units: 10, activation: "linear" }] } as const;

let runtime: LocalRuntime;
beforeAll(async () => {
  runtime = await startRuntime();
});
afterAll(async () => runtime.dispose());

/** A machine that joins the run, and what it says. */
function joinRun(joinToken: string, backend: string) {
  const main = join(packageRoot, "src/cli/main.ts");
  const args = [
    main,
    "join",
    runtime.url,
    "--token",
    joinToken,
    "--backend",
    backend,
    "--data",
    "mnist:test",
    "--json",
  ];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  if (child.stdout === null) throw new Error("no standard output");
  const lines: Record<string, unknown>[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on("line", (line) => lines.push(JSON.parse(line) as Record<string, unknown>));
  return { child, lines, exited: once(child, "close") };
}

describe("edgeprop join --backend webgpu", () => {
  it("takes the evaluation that waits for it, also over from one that died, and counts once", async ({
    expect,
  }) => {
    const evaluation = { everyRounds: 1, requires: { backend: "webgpu" } };
    const json = {
      ...smallRun,
      model,
      cohortSize: 2,
      rounds: 2,
      roundTimeoutMs: 60_000,
      leaseMs: 4_000,
      evaluation,
    };
    const created = (await http("POST", `${runtime.url}/v1/runs`, { token, json })).json() as {
      run: string;
      joinToken: string;
    };
    const { run, joinToken } = created;
    const path = `${runtime.url}/v1/runs/${run}`;
    const read = async () => (await http("GET", path, { token })).json() as RunView;
    await http("POST", `${path}/actions/start`, { token });
    const { train, test } = await loadMnist();
    for (const [index, name] of ["light-0", "light-1"].entries()) {
      const trainer = { token: secrets.trainerToken };
      const client = `${runtime.trainerUrls[0]}/v1/clients/${name}`;
      const bytes = encodeDataset(sliceExamples(train, 500 * index, 500 * index + 500));
      await http("PUT", `${client}/dataset`, { ...trainer, bytes });
      await http("POST", `${client}/join`, { ...trainer, json: { url: runtime.url, run, joinToken } });
    }
    // The light part goes on to its end; the heavy tasks wait, visibly.
    await expect.poll(async () => (await read()).phase, { timeout: 30_000 }).toBe("finished");
    expect((await read()).evaluations).toMatchObject([{ phase: "waiting" }, { phase: "waiting" }]);

    const first = joinRun(joinToken, "webgpu");
    await expect
      .poll(() => first.lines, { timeout: 60_000 })
      .toContainEqual({ type: "task", kind: "evaluate", round: 2 });
    first.child.kill("SIGKILL");
    await first.exited;
    expect((await read()).evaluations).toMatchObject([{ phase: "waiting" }, { round: 2, phase: "leased" }]);

    const second = joinRun(joinToken, "webgpu");
    await expect
      .poll(async () => (await read()).evaluations.map(({ phase }) => phase), { timeout: 90_000 })
      .toEqual(["done", "done"]);
    await second.exited;
    const done = second.lines.filter(({ type, outcome }) => type === "turn" && outcome === "evaluated");
    expect(done.map(({ round, reply }) => [round, reply])).toEqual([
      [1, { status: "accepted" }],
      [2, { status: "accepted" }],
    ]);

    const params = decodeParams(paramsLayout(model), (await http("GET", `${path}/model`, { token })).body);
    const options = {
      loss: "softmaxCrossEntropy",
      rule: backprop(),
      optimizer: sgd({ learningRate: 1 }),
      batchSize: 100,
      params,
    } as const;
    const expected = await (await createTrainer(model, options)).evaluate(test);
    const { result } = (await read()).evaluations[1] ?? {};
    // float32 sums in another order; a digit between two classes may fall either way.
    expect(Math.abs((result?.loss ?? 0) - expected.loss)).toBeLessThan(1e-4);
    expect(Math.abs((result?.accuracy ?? 0) - (expected.accuracy ?? 0))).toBeLessThan(1e-3);
  });
});
