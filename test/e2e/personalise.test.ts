import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, it } from "vitest";
import type { LocalRuntime } from "../../src/cli/local/local-runtime.ts";
import { loadMnist } from "../../src/cli/mnist.ts";
import { packageRoot } from "../../src/cli/package-root.ts";
import { toDataset } from "../../src/data/index.ts";
import { paramsLayout } from "../../src/model/index.ts";
import { createTrainer, dense, proxProp, sequential, sgd } from "../../src/node.ts";
import { decodeParams, encodeParams } from "../../src/protocol/index.ts";
import type { PredictResponse } from "../../src/protocol/index.ts";
import { slantDigits } from "../../examples/personalise-digits/slant.ts";
import { secrets, startRuntime } from "../support/processes/local.ts";

const model = sequential({ input: [784] }, [dense(128, { activation: "relu" }), dense(10)]);
const layout = paramsLayout(model);
const main = join(packageRoot, "examples/personalise-digits/main.ts");

let runtime: LocalRuntime;
let folder: string;
beforeAll(async () => {
  // Before the runtime, which moves this process's temporary folder into its own.
  folder = mkdtempSync(join(tmpdir(), "edgeprop-personalise-"));
  runtime = await startRuntime();
  // The example imports the package by its name, that is, what `npm run build` emits.
  execFileSync("npm", ["run", "--silent", "build"], { cwd: packageRoot, stdio: "pipe" });
  for (const name of ["examples", "node_modules"]) symlinkSync(join(packageRoot, name), join(folder, name));
  const { train } = await loadMnist();
  const trainer = await createTrainer(model, {
    loss: "softmaxCrossEntropy",
    rule: proxProp({ tau: 1 }),
    optimizer: sgd({ learningRate: 2 }),
    batchSize: 32,
  });
  await trainer.train(train, { maxSteps: 600 });
  writeFileSync(join(folder, "model.safetensors"), encodeParams(layout, await trainer.getParams()));
});
afterAll(async () => {
  await runtime.dispose();
  rmSync(folder, { recursive: true });
});

/** Not synchronously: this process holds the trainer's logs. */
async function run(command: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, EDGEPROP_TRAINER_TOKEN: secrets.trainerToken };
  return (await promisify(execFile)(command, args, { cwd: folder, env })).stdout;
}

/** Accuracy on the hand and on upright digits, in per cent. */
function readRow(output: string, label: string): { hand: number; upright: number } {
  const [, hand = "", upright = ""] =
    new RegExp(`^${label} +([0-9.]+) % +([0-9.]+) %$`, "m").exec(output) ?? [];
  return { hand: Number.parseFloat(hand), upright: Number.parseFloat(upright) };
}

describe("slantDigits", () => {
  it("moves what lies above the middle to the right, what lies below to the left", ({ expect }) => {
    const inputs = new Uint8Array(784).fill(200, 0, 0);
    for (const y of [3, 24]) inputs[y * 28 + 14] = 200;
    const digit = toDataset({ inputs, targets: Uint8Array.of(0), inputSize: 784 });
    // 10.5 rows from the middle: 4.2 columns, shared out by distance.
    const slanted = slantDigits(digit, 0.4).inputs;
    const row = (y: number) => [...slanted.subarray(y * 28, (y + 1) * 28)];
    expect(row(3)).toEqual(Array.from({ length: 28 }, (_, x) => (x === 18 ? 160 : x === 19 ? 40 : 0)));
    expect(row(24)).toEqual(Array.from({ length: 28 }, (_, x) => (x === 10 ? 160 : x === 9 ? 40 : 0)));
    expect(slantDigits(digit, 0).inputs).toEqual(inputs);
  });
});

describe("examples/personalise-digits", () => {
  it("learns a hand through a trainer that is given, and keeps what it knew", async ({ expect }) => {
    const args = [main, "model.safetensors", "--trainer", runtime.trainerUrls[0] ?? "", "--others", "1000"];
    const output = await run(process.execPath, args);
    const [before, after] = [readRow(output, "before"), readRow(output, "after")];
    expect(after.hand).toBeGreaterThan(before.hand + 1);
    expect(after.upright).toBeGreaterThan(before.upright - 2);
    expect(output).toMatch(/40 steps; the first call took \d+ ms, the median of 10 more \d+ ms/);
  });

  it("makes a model and starts a trainer where it has none", async ({ expect }) => {
    const output = await run(process.execPath, [main, "--others", "200"]);
    expect(readRow(output, "after").hand).toBeGreaterThan(50);
  });
});

describe("the call of docs/fine-tuning.md", () => {
  const page = readFileSync(join(packageRoot, "docs/fine-tuning.md"), "utf8");
  const [, script = ""] = /^```sh\n(.*?)^```$/ms.exec(page) ?? [];

  it.skipIf(!hasCurl())("works as it stands", async ({ expect }) => {
    expect(script).toContain("http://127.0.0.1:8788");
    const text = script.replace("http://127.0.0.1:8788", runtime.trainerUrls[0] ?? "");
    writeFileSync(join(folder, "call.sh"), text);
    const output = await run("bash", ["-eu", "-o", "pipefail", "call.sh"]);
    expect(output).toMatch(/edgeprop-metrics: \{"status":"done","stepsTaken":40/i);
    const { labels } = JSON.parse(output.slice(output.lastIndexOf('{"labels"'))) as PredictResponse;
    expect(labels).toHaveLength(5);
    const [before, after] = ["model", "mine"].map((name) =>
      decodeParams(layout, readFileSync(join(folder, `${name}.safetensors`))),
    );
    expect(after?.slice(-10)).toEqual(before?.slice(-10));
    expect(after?.slice(0, -1290)).not.toEqual(before?.slice(0, -1290));
  });
});

/** Is there a curl? A bare machine may have none; CI installs it. */
function hasCurl(): boolean {
  try {
    execFileSync("curl", ["--version"], { stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
}
