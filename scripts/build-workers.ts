/** Bundles both Workers into .build/workers, as a deployment would. Does nothing while the bundles are current. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { buildKernels } from "./build-kernels.ts";
import { root, runScript, runWrangler } from "./files.ts";

const output = join(root, ".build/workers");
const stampFile = join(output, ".stamp");
const configs = { orchestrator: "wrangler.toml", trainer: "workers/trainer/wrangler.toml" } as const;

export async function buildWorkers(options: { readonly force?: boolean } = {}): Promise<{ built: boolean }> {
  await buildKernels();
  const stamp = await hashInputs();
  if (options.force !== true && (await isCurrent(stamp))) return { built: false };

  await mkdir(output, { recursive: true });
  const bundles = await Promise.allSettled(
    Object.entries(configs).map(async ([name, config]) => bundle(name, config)),
  );
  for (const result of bundles) if (result.status === "rejected") throw result.reason;
  await writeFile(stampFile, stamp);
  return { built: true };
}

async function isCurrent(stamp: string): Promise<boolean> {
  if (!Object.keys(configs).every((name) => existsSync(join(output, name, "index.js")))) return false;
  return (await readFile(stampFile, "utf8").catch(() => "")) === stamp;
}

/** Into a folder of its own first: the names of wasm modules carry hashes, and old ones must not stay. */
async function bundle(name: string, config: string): Promise<void> {
  const folder = join(output, name);
  const temporary = `${folder}.${process.pid}`;
  try {
    await runWrangler(["deploy", "--dry-run", "--config", config, "--outdir", temporary]);
    await rm(folder, { recursive: true, force: true });
    await rename(temporary, folder);
  } catch (cause) {
    throw new Error(`the ${name} Worker does not bundle: ${toMessage(cause)}`, { cause });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** wrangler's own account of what went wrong. */
function toMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "stderr" in error && error.stderr !== ""
    ? stripVTControlCharacters(String(error.stderr)).trim()
    : error.message;
}

async function hashInputs(): Promise<string> {
  const folders = await Promise.all(["src", "workers"].map(listFiles));
  const hash = createHash("sha256");
  for (const file of [
    ...folders.flat(),
    "wrangler.toml",
    "package-lock.json",
    "scripts/build-workers.ts",
    "scripts/files.ts",
  ]) {
    hash.update(`\0${file}\0`).update(await readFile(join(root, file)));
  }
  return hash.digest("hex");
}

/** Without declarations of types: workers/runtime.d.ts may be made after the bundles. */
async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
  const sources = entries.filter((entry) => entry.isFile() && !entry.name.endsWith(".d.ts"));
  const files = sources.map((entry) => join(entry.parentPath, entry.name));
  return files.map((file) => file.slice(root.length + 1)).toSorted();
}

if (import.meta.main) await runScript(() => buildWorkers({ force: process.argv.includes("--force") }));
