import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { EdgepropError } from "../../src/errors.ts";

const folder = join(import.meta.dirname, "..");

/**
 * A package of bench/package.json, at the version that its lockfile names; installed where it is missing. The caller
 * says what it exports: the packages are not there when types are checked.
 */
export async function importBenchPackage(name: string): Promise<unknown> {
  await installBenchPackages([name]);
  return import(name);
}

/** Installs packages that something else imports: a program in a process of its own, a bundle. */
export async function installBenchPackages(names: readonly string[]): Promise<void> {
  const areInstalled = await Promise.all(names.map(isInstalled));
  if (areInstalled.every(Boolean)) return;
  process.stderr.write("installing what the benchmarks need (bench/package.json)\n");
  await runNpm(["ci", "--no-audit", "--no-fund"], folder);
}

async function isInstalled(name: string): Promise<boolean> {
  const { packages } = await readJson<Lockfile>(join(folder, "package-lock.json"));
  const wanted = packages[`node_modules/${name}`]?.version;
  if (wanted === undefined) {
    throw new EdgepropError(
      "missing-data",
      `bench/package-lock.json has no ${name}: npm install it in bench`,
    );
  }
  const installed = await readJson<{ version: string }>(
    join(folder, "node_modules", name, "package.json"),
  ).catch(() => undefined);
  return installed?.version === wanted;
}

interface Lockfile {
  readonly packages: Readonly<Record<string, { readonly version?: string }>>;
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, "utf8")) as T;
}

/** Runs npm with the user's own configuration; what it prints goes to standard error. */
export async function runNpm(args: readonly string[], cwd: string): Promise<void> {
  const npm = spawn("npm", args, { cwd, stdio: ["ignore", process.stderr, process.stderr] });
  const [status] = (await once(npm, "exit")) as [number | null];
  if (status === 0) return;
  const hint = args[0] === "run" ? "" : ". It needs a registry that npm can reach";
  throw new EdgepropError(
    "missing-data",
    `npm ${args.join(" ")} ended with ${status ?? "a signal"} in ${cwd}; what it said is above${hint}`,
  );
}
