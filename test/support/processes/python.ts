import { spawnSync } from "node:child_process";

/** Pythons that may be here: the one that is asked for, the one on PATH, Debian's own, whose packages the others lack. */
const candidates = [process.env["EDGEPROP_PYTHON"], "python3", "/usr/bin/python3"].filter(
  (name) => name !== undefined && name !== "",
) as string[];

/** The first Python that can import `module`, or null. */
export function findPython(module = "struct"): string | null {
  return candidates.find((name) => spawnSync(name, ["-c", `import ${module}`]).status === 0) ?? null;
}

/** What the program prints. Throws what it says on standard error where it fails. */
export function runPython(python: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(python, args, { encoding: "utf8" });
  if (status === 0) return stdout;
  throw new Error(`${python} ${args.join(" ").slice(0, 200)}: ${error?.message ?? stderr}`);
}
