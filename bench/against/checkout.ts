import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { cp, readFile, realpath, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { runNpm } from "../command/install.ts";

/** A commit in a git worktree of its own, ready to be bundled. */
export interface Checkout {
  /** A temporary folder; what is written into it goes with `remove`. */
  readonly folder: string;
  /** The worktree, within the folder. */
  readonly tree: string;
  /** Also called when this process ends, Ctrl-C included. */
  remove(): void;
}

/** The full hash of a commit; undefined where the repository has no such commit. */
export async function resolveCommit(repository: string, commit: string): Promise<string | undefined> {
  const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${commit}^{commit}`];
  return promisify(execFile)("git", args, { cwd: repository }).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
}

/** Checks a commit out, gives it packages and builds its kernels. Throws `missing-data` where npm fails. */
export async function checkOut(repository: string, commit: string): Promise<Checkout> {
  // Made without a pause before the handlers stand: an interruption always finds what to remove.
  const folder = mkdtempSync(join(tmpdir(), "edgeprop-against-"));
  const tree = join(folder, "tree");
  const remove = removeAtExit(() => {
    try {
      execFileSync("git", ["worktree", "remove", "--force", "--force", tree], {
        cwd: repository,
        stdio: "ignore",
      });
    } catch {
      // The worktree was not there yet, or only in part.
    }
    rmSync(folder, { recursive: true, force: true });
  });
  try {
    await promisify(execFile)("git", ["worktree", "add", "--detach", "--quiet", tree, commit], {
      cwd: repository,
    });
    await providePackages(repository, tree);
    // Their stamp tells the build whether they are current there too.
    await cp(join(repository, "src/wasm"), join(tree, "src/wasm"), { recursive: true }).catch(() => {});
    await runNpm(["run", "--silent", "build:kernels"], tree);
  } catch (error) {
    remove();
    throw error;
  }
  return { folder, tree, remove };
}

/** The same lockfile is the same packages: a link to ours saves their installation. */
async function providePackages(repository: string, tree: string): Promise<void> {
  const [ours, theirs] = await Promise.all(
    [repository, tree].map((folder) => readFile(join(folder, "package-lock.json"), "utf8")),
  );
  if (ours === theirs) {
    await symlink(await realpath(join(repository, "node_modules")), join(tree, "node_modules"), "dir");
    return;
  }
  process.stderr.write("package-lock.json is another one there: npm ci in the temporary worktree\n");
  await runNpm(["ci", "--no-audit", "--no-fund"], tree);
}

const signals = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** Returns `cleanUp` as a function that does it once, now or when this process ends. */
function removeAtExit(cleanUp: () => void): () => void {
  const handlers = Object.entries(signals).map(
    ([signal, number]) => [signal, () => process.exit(128 + number)] as const,
  );
  const remove = (): void => {
    process.off("exit", remove);
    for (const [signal, handler] of handlers) process.off(signal, handler);
    cleanUp();
  };
  process.on("exit", remove);
  for (const [signal, handler] of handlers) process.on(signal, handler);
  return remove;
}
