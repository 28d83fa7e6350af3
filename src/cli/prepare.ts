import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { EdgepropError } from "../errors.ts";
import { packageRoot } from "./package-root.ts";
import type { BarProgress } from "./progress-bar.ts";

const steps = [
  { script: "build-kernels.ts", label: "compiling the kernels" },
  { script: "build-workers.ts", label: "bundling the Workers" },
] as const;

/** Compiles the kernels and bundles the Workers where their sources changed. A published package contains both already. */
export async function prepare(onStep: (progress: BarProgress) => void = () => {}): Promise<void> {
  for (const [done, { script, label }] of steps.entries()) {
    const path = join(packageRoot, "scripts", script);
    if (!existsSync(path)) continue;
    onStep({ label, done, total: steps.length, unit: "steps" });
    try {
      await promisify(execFile)(process.execPath, [path], { cwd: packageRoot });
    } catch (cause) {
      const stderr =
        cause instanceof Error && "stderr" in cause ? String(cause.stderr).trim() : String(cause);
      throw new EdgepropError("runtime-failed", `scripts/${script} failed: ${stderr}`, { cause });
    }
  }
}
