import { createHash } from "node:crypto";
import { appendFile, mkdir, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** Finished runs of a benchmark that was interrupted: one JSON line each, gone once the benchmark has ended. */
export interface Cache<T> {
  /** The value that was kept for the key, or the computed one, which is then kept. */
  getOr(key: object, compute: () => Promise<T>): Promise<T>;
  clear(): Promise<void>;
}

const path = fileURLToPath(new URL("../../.build/bench/federated.jsonl", import.meta.url));
const builds = ["simd", "relaxed-simd"].map(
  (build) => new URL(`../../src/wasm/${build}.wasm`, import.meta.url),
);

export async function openCache<T>(): Promise<Cache<T>> {
  const hash = createHash("sha256");
  for (const build of builds) hash.update(await readFile(build));
  const kernels = hash.digest("hex");
  const entries = new Map((await readLines()).flatMap((line) => parseLine<T>(line)));
  return {
    async getOr(key, compute) {
      const name = JSON.stringify({ kernels, ...key });
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
