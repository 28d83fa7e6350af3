import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EdgepropError } from "../../errors.ts";

/**
 * Holds `folder` for this process: two orchestrators on the same storage would each count the same updates. The lock
 * of a process that is gone is taken over. Returns a function that releases the lock.
 */
export async function lockState(folder: string): Promise<() => Promise<void>> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new EdgepropError("bad-option", `--state ${folder} cannot be used as a folder`, { cause });
  }
  const path = join(folder, "lock");
  // The lock is linked into place with its content, since an empty lock would look like that of a dead process.
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, String(process.pid));
  try {
    await takeLock(draft, path, folder);
  } finally {
    await rm(draft, { force: true });
  }
  return async () => rm(path, { force: true });
}

async function takeLock(draft: string, path: string, folder: string): Promise<void> {
  for (;;) {
    try {
      await link(draft, path);
      return;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    const owner = Number(await readFile(path, "utf8").catch(() => ""));
    if (isRunning(owner)) {
      throw new EdgepropError(
        "conflict",
        `${folder} is in use by process ${owner}; end it, or choose another --state`,
      );
    }
    await rm(path, { force: true });
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
