import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { EdgepropError } from "../errors.ts";
import { packageRoot } from "./package-root.ts";

/** In a checkout: compiles the kernels and bundles the Workers where their sources changed. A package brings both. */
export async function prepare(): Promise<void> {
  for (const script of ["build-kernels.ts", "build-workers.ts"]) {
    const path = join(packageRoot, "scripts", script);
    if (!existsSync(path)) continue;
    try {
      await promisify(execFile)(process.execPath, [path], { cwd: packageRoot });
    } catch (cause) {
      const stderr =
        cause instanceof Error && "stderr" in cause ? String(cause.stderr).trim() : String(cause);
      throw new EdgepropError("runtime-failed", `scripts/${script} failed: ${stderr}`, { cause });
    }
  }
}
