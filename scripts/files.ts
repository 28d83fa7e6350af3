/** What the build scripts share: the repository's root, a stamp over files, files that appear whole, wrangler. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

export const root = join(import.meta.dirname, "..");

/** One hash of the paths and contents of files, given from the root; a file that is absent counts as such. */
export async function hashFiles(files: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const file of files) {
    hash.update(`\0${file}\0`).update(await readFile(join(root, file)).catch(() => "absent"));
  }
  return hash.digest("hex");
}

/** By rename: another process may be reading or writing the same file. The path is from the root. */
export async function replaceFile(path: string, contents: string | Uint8Array): Promise<void> {
  const target = join(root, path);
  const temporary = `${target}.${process.pid}`;
  await mkdir(dirname(target), { recursive: true });
  await writeFile(temporary, contents);
  await rename(temporary, target);
}

export async function runWrangler(args: readonly string[]): Promise<void> {
  const wrangler = join(root, "node_modules/wrangler/bin/wrangler.js");
  await promisify(execFile)(process.execPath, [wrangler, ...args], {
    cwd: root,
    // The banner would ask the registry for a newer version.
    env: {
      ...process.env,
      WRANGLER_SEND_METRICS: "false",
      WRANGLER_HIDE_BANNER: "true",
      WRANGLER_WRITE_LOGS: "false",
    },
  });
}

/** Runs a script's work; where it fails, its message goes to standard error and the process ends with 1. */
export async function runScript(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
