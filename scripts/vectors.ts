/**
 * node scripts/vectors.ts FOLDER [--backend NAME] [--json]: runs the golden cases of a folder; exits with 1 when one
 * fails.
 */
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createTrainer } from "../src/node.ts";
import { buildKernels } from "./build-kernels.ts";
import { runVectorCase } from "./vector-case.ts";
import type { CaseResult, CreateTrainer, VectorCase } from "./vector-case.ts";

/** What computes: edgeprop's wasm kernels, or tfjs on one of its backends. */
const backends = ["wasm", "webgpu", "tfjs-wasm", "tfjs-cpu"] as const;
type Backend = (typeof backends)[number];

const usage = `usage: node scripts/vectors.ts FOLDER [--backend ${backends.join("|")}] [--json]`;

async function main(args: readonly string[]): Promise<number> {
  const options = readArguments(args);
  if (options === null) return fail(usage);
  const { folder, backend: name, isJson } = options;
  const files = await readdir(folder).catch(() => null);
  if (files === null) return fail(`there is no folder ${folder}`);
  const caseFiles = files.filter((file) => file.endsWith(".json")).toSorted();
  if (caseFiles.length === 0) return fail(`there are no *.json cases in ${folder}`);

  await buildKernels();
  const backend = await openBackend(name).catch((error: unknown) => messageOf(error));
  if (typeof backend === "string") return fail(backend);
  const cases: CaseResult[] = [];
  for (const file of caseFiles) cases.push(await runFile(backend.createTrainer, join(folder, file)));
  backend.close();
  const failed = cases.filter(({ status }) => status === "failed").length;
  process.stdout.write(isJson ? `${JSON.stringify({ cases, failed })}\n` : toTable(cases));
  return failed > 0 ? 1 : 0;
}

interface Arguments {
  readonly folder: string;
  readonly backend: Backend;
  readonly isJson: boolean;
}

/** null where they are not as `usage` says. */
function readArguments(args: readonly string[]): Arguments | null {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { backend: { type: "string", default: "wasm" }, json: { type: "boolean", default: false } },
    });
    const backend = backends.find((each) => each === values.backend);
    const [folder, ...others] = positionals;
    if (folder === undefined || others.length > 0 || backend === undefined) return null;
    return { folder, backend, isJson: values.json };
  } catch {
    return null;
  }
}

interface OpenBackend {
  readonly createTrainer: CreateTrainer;
  close(): void;
}

async function openBackend(name: Backend): Promise<OpenBackend> {
  if (name === "wasm") return { createTrainer, close: () => {} };
  const { createTfjsTrainer, loadTfjsBackend } = await import("../src/tfjs/node.ts");
  const loaded = await loadTfjsBackend(name === "webgpu" ? name : name === "tfjs-cpu" ? "cpu" : "wasm");
  if (loaded.adapter !== undefined) process.stderr.write(`WebGPU on ${loaded.adapter}\n`);
  return { createTrainer: createTfjsTrainer, close: () => loaded.unload() };
}

/** A case that throws has failed; why goes to stderr. */
async function runFile(create: CreateTrainer, path: string): Promise<CaseResult> {
  try {
    return await runVectorCase(create, JSON.parse(await readFile(path, "utf8")) as VectorCase);
  } catch (error) {
    process.stderr.write(`${path}: ${messageOf(error)}\n`);
    return { name: path.replace(/^.*\/|\.json$/g, ""), status: "failed", maxRelativeError: null };
  }
}

function toTable(cases: readonly CaseResult[]): string {
  const width = Math.max(...cases.map(({ name }) => name.length));
  const rows = cases.map(
    ({ name, status, maxRelativeError }) =>
      `${name.padEnd(width)}  ${status.padEnd(11)}  ${maxRelativeError?.toExponential(1) ?? "-"}`,
  );
  const counts = (["passed", "failed", "unsupported"] as const).map(
    (status) => `${cases.filter((each) => each.status === status).length} ${status}`,
  );
  return `${rows.join("\n")}\n${counts.join(", ")}; error: largest difference over largest expected value of a tensor\n`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function fail(message: string): number {
  process.stderr.write(`${message}\n`);
  return 1;
}

process.exitCode = await main(process.argv.slice(2));
