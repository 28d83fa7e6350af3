import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createTrainer, loadKernels, paramsLayout, proxProp, selectExamples, sgd } from "edgeprop";
import { trainTask } from "edgeprop/client";
import { partitionExamples } from "edgeprop/data";
import { createRunSpec, simulate } from "edgeprop/federated";
import { encodeParams } from "edgeprop/protocol";
import { afterAll, beforeAll, describe, it } from "vitest";
import { loadMnist } from "../../src/cli/mnist.ts";
import { packageRoot } from "../../src/cli/package-root.ts";
import { prepare } from "../../src/cli/prepare.ts";
import { mnistModel } from "../../src/cli/main-job/run-plan.ts";
import { freePort, holdPort } from "../support/processes/ports.ts";
import { isAlive, workerdOf } from "../support/processes/processes.ts";

const main = join(packageRoot, "src", "cli", "main.ts");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "edgeprop-test-"));
  await prepare();
});
afterAll(async () => rm(folder, { recursive: true }));

function edgeprop(...args: string[]): ChildProcess {
  return spawn(process.execPath, [main, ...args], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
}

/** As a person types it; npm runs in the checkout. */
function npmStart(...args: string[]): ChildProcess {
  return spawn("npm", ["start", "--", ...args], { cwd: packageRoot, stdio: "ignore" });
}

interface Line {
  readonly type: "round" | "result";
  readonly round?: number;
  readonly accuracy: number;
  readonly updates?: number;
  readonly model?: string;
}

/** The command's JSON lines; `onRound` may disturb it in between. */
async function runToEnd(
  args: string[],
  onRound: (round: number, child: ChildProcess) => void = () => {},
): Promise<Line[]> {
  const child = edgeprop("start", "--json", ...args);
  let stderr = "";
  child.stderr?.on("data", (text) => (stderr += text));
  const lines: Line[] = [];
  if (child.stdout === null) throw new Error("no standard output");
  for await (const text of createInterface({ input: child.stdout })) {
    const line = JSON.parse(text) as Line;
    lines.push(line);
    if (line.round !== undefined) onRound(line.round, child);
  }
  if (child.exitCode === null) await once(child, "exit");
  if (child.exitCode !== 0) throw new Error(`exit code ${child.exitCode}: ${stderr}`);
  return lines;
}

/** The values of a safetensors file, without its header: that names the run. */
function tensorsOf(file: Buffer | undefined): Buffer | undefined {
  return file?.subarray(8 + Number(file.readBigUInt64LE(0)));
}

const small = ["--clients", "3", "--rounds", "3", "--seed", "5"];

/** The same run inside this process: the model's file. */
async function simulateSmall(): Promise<Buffer> {
  const { train } = await loadMnist();
  const model = mnistModel(train.inputSize);
  const rule = { rule: proxProp({ tau: 1 }), optimizer: sgd({ learningRate: 2 }), batchSize: 32 };
  const training = { ...rule, localEpochs: 1 };
  const spec = createRunSpec({
    model,
    loss: "softmaxCrossEntropy",
    training,
    rounds: 3,
    cohortSize: 3,
    seed: 5,
  });
  const partition = { kind: "dirichlet", alpha: 0.5 } as const;
  const shards = partitionExamples(train.targets, { clients: 3, partition, seed: 5 });
  const datasets = new Map(shards.map((shard, index) => [`edge-${index}`, selectExamples(train, shard)]));
  let params = await (await createTrainer(model, { loss: spec.loss, ...rule, seed: 5 })).getParams();
  const rounds = simulate(spec, {
    kernels: loadKernels(),
    params,
    clients: [...datasets.keys()],
    train: async (task, { client, params: start }) =>
      trainTask(createTrainer, task, {
        params: start,
        dataset: datasets.get(client) ?? train,
        slicing: { pause: async () => {} },
      }),
  });
  for await (const round of rounds) ({ params } = round);
  return Buffer.from(encodeParams(paramsLayout(model), params, {}));
}

describe("edgeprop start", () => {
  it(
    "trains the digits, tells every round, and gives the same model when its processes are killed in between, and in the simulation",
    { timeout: 240_000 },
    async ({ expect }) => {
      const calm = await runToEnd([...small, "--port", String(await freePort())]);
      expect(calm.map(({ type }) => type)).toEqual(["round", "round", "round", "result"]);
      expect(calm[0]).toEqual({
        type: "round",
        round: 1,
        loss: expect.any(Number),
        accuracy: expect.any(Number),
        updates: 3,
        bytesUp: expect.any(Number),
        bytesDown: expect.any(Number),
        seconds: expect.any(Number),
      });
      // Three clients over three rounds of all 60,000 digits: far above what a broken aggregation reaches.
      expect(calm.at(-1)?.accuracy).toBeGreaterThan(0.93);

      let killed = 0;
      const disturbed = await runToEnd(
        [...small, "--port", String(await freePort()), "--edge-processes", "2"],
        (round, child) => {
          if (round > 2) return;
          // One round's report is there, so the next one is under way: kill the orchestrator and all trainers.
          for (const pid of workerdOf(child.pid ?? 0)) {
            process.kill(pid, "SIGKILL");
            killed++;
          }
        },
      );
      expect(killed).toBeGreaterThanOrEqual(3);
      const [calmModel, disturbedModel] = [calm, disturbed].map((lines) =>
        readFileSync(join(folder, lines.at(-1)?.model ?? "")),
      );
      expect(tensorsOf(disturbedModel)?.equals(tensorsOf(calmModel) ?? Buffer.alloc(0))).toBe(true);
      expect(tensorsOf(await simulateSmall())?.equals(tensorsOf(calmModel) ?? Buffer.alloc(0))).toBe(true);
      expect(disturbed.map(({ accuracy }) => accuracy)).toEqual(calm.map(({ accuracy }) => accuracy));
    },
  );

  it(
    "takes the very same steps with any number of clients when they exchange statistics",
    { timeout: 120_000 },
    async ({ expect }) => {
      const args = ["--mode", "minibatch", "--exchange", "statistics", "--batch-size", "30", "--steps", "3"];
      const models = [];
      for (const clients of [1, 4]) {
        const lines = await runToEnd([
          ...args,
          "--clients",
          String(clients),
          "--port",
          String(await freePort()),
        ]);
        expect(lines.filter(({ type }) => type === "round").map(({ updates }) => updates)).toEqual([
          clients,
          clients,
          clients,
        ]);
        models.push(tensorsOf(readFileSync(join(folder, lines.at(-1)?.model ?? ""))));
      }
      expect(models[1]?.equals(models[0] ?? Buffer.alloc(0))).toBe(true);
    },
  );

  describe.each([
    ["the command", (port: string) => edgeprop("start", ...small, "--port", port)],
    ["npm start", (port: string) => npmStart(...small, "--port", port)],
  ] as const)("%s", (_, startCommand) => {
    it.for(["SIGINT", "SIGTERM", "SIGKILL"] as const)(
      "after %s leaves no process and no port behind",
      { timeout: 60_000 },
      async (signal, { expect }) => {
        const port = await freePort();
        const child = startCommand(String(port));
        const started = () => workerdOf(child.pid ?? 0);
        await expect.poll(() => started().length, { timeout: 30_000 }).toBe(2);
        const workerd = started();
        child.kill(signal);
        await once(child, "exit");
        await expect.poll(() => workerd.filter(isAlive), { timeout: 2_000 }).toEqual([]);
        const server = createServer().listen(port, "127.0.0.1");
        await once(server, "listening");
        server.close();
      },
    );
  });

  it.for([
    [["start", "--tau", "-1"], /--tau.*greater than 0/],
    [["start", "--rule", "magic"], /proxprop, backprop/],
    [["start", "--partition", "dirichlet:0"], /dirichlet:<alpha>/],
    [["start", "--clients", "many"], /whole number/],
    [["start", "--rule", "backprop", "--tau", "1"], /prox step size/],
    [["start", "--exchange", "statistics"], /belongs to --mode minibatch/],
    [["start", "--steps", "3"], /belongs to --mode minibatch/],
    [["join", "http://127.0.0.1:1", "--token", "nonsense"], /not a join token/],
    [["start", "--colour", "red"], /unknown option/],
    [["begin"], /unknown command/],
  ] as const)("says in one sentence what is wrong with %j", ([args, message], { expect }) => {
    expect(() =>
      execFileSync(process.execPath, [main, ...args], { cwd: folder, stdio: "pipe", encoding: "utf8" }),
    ).toThrow(expect.objectContaining({ status: 1, stdout: "", stderr: expect.stringMatching(message) }));
  });

  it(
    "ends with a sentence when training diverges, and one client may hold all digits",
    { timeout: 60_000 },
    async ({ expect }) => {
      const args = ["--rule", "backprop", "--learning-rate", "1000", "--clients", "1", "--rounds", "1"];
      await expect(runToEnd([...args, "--port", String(await freePort())])).rejects.toThrow(
        /exit code 1: .*edgeprop: .*edge-0 gave up/s,
      );
    },
  );

  it("says that a port is in use", { timeout: 30_000 }, async ({ expect }) => {
    const { server, port } = await holdPort();
    const child = edgeprop("start", "--port", String(port));
    let stderr = "";
    child.stderr?.on("data", (text) => (stderr += text));
    await once(child, "close");
    server.close();
    expect(child.exitCode).toBe(1);
    expect(stderr).toMatch(new RegExp(`^edgeprop: port ${port} is in use`));
  });
});
