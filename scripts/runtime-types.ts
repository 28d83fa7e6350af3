/**
 * Writes workers/runtime.d.ts, the types of the Workers' runtime, with wrangler. Does nothing while they are those of
 * the installed wrangler and of wrangler.toml's compatibility date.
 */
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { hashFiles, replaceFile, root, runScript, runWrangler } from "./files.ts";

const output = "workers/runtime.d.ts";
const stampFile = ".build/runtime-types.stamp";
const inputs = ["wrangler.toml", "package-lock.json", "scripts/runtime-types.ts", "scripts/files.ts"];

export async function writeRuntimeTypes(): Promise<{ built: boolean }> {
  const stamp = await readFile(join(root, stampFile), "utf8").catch(() => "");
  if (stamp === (await hashFiles([...inputs, output]))) return { built: false };

  // wrangler writes in place, and may be cut short.
  const temporary = `.build/runtime-types.${process.pid}.d.ts`;
  try {
    await mkdir(join(root, ".build"), { recursive: true });
    await runWrangler(["types", temporary, "--include-env=false"]);
    await replaceFile(output, await readFile(join(root, temporary)));
  } finally {
    await rm(join(root, temporary), { force: true });
  }
  await replaceFile(stampFile, await hashFiles([...inputs, output]));
  return { built: true };
}

if (import.meta.main) await runScript(writeRuntimeTypes);
