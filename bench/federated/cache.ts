import { createHash } from "node:crypto";
import { appendFile, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Finished runs of a benchmark that was interrupted: one JSON line each, gone once the benchmark has ended. */
export interface Cache<T> {
  /** The value that was kept for the key, or the computed one, which is then kept. */
  getOr(key: object, compute: () => Promise<T>): Promise<T>;
  clear(): Promise<void>;
}

const path = fileURLToPath(new URL("../../.build/bench/federated.jsonl", import.meta.url));

export async function openCache<T>(): Promise<Cache<T>> {
  const code = await digestCode();
  const entries = new Map((await readLines()).flatMap((line) => parseLine<T>(line)));
  return {
    async getOr(key, compute) {
      const name = JSON.stringify({ code, ...key });
      const known = entries.get(name);
      if (known !== undefined) return known;
      const value = await compute();
      await mkdir(dirname(path), { recursive: true });
      // A line that the interruption cut ends here, and is skipped when it is read.
      await appendFile(path, `\n${JSON.stringify([name, value])}\n`);
      return value;
    },
    clear: () => rm(path, { force: true }),
  };
}

/** The digest of all code that computes a run: what another version computed is not found. */
async function digestCode(): Promise<string> {
  const hash = createHash("sha256");
  for (const folder of ["../../src/", "./"]) {
    const root = fileURLToPath(new URL(folder, import.meta.url));
    const files = (await readdir(root, { recursive: true })).filter((file) => /\.(ts|wasm)$/.test(file));
    for (const file of files.toSorted()) hash.update(file).update(await readFile(join(root, file)));
  }
  return hash.digest("hex");
}

async function readLines(): Promise<string[]> {
  try {
    return (await readFile(path, "utf8")).split("\n");
  } catch {
    return [];
  }
}

function parseLine<T>(line: string): [string, T][] {
  try {
    return [JSON.parse(line) as [string, T]];
  } catch {
    return [];
  }
}
