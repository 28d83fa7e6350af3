import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Embedded, Library } from "./embedded-result.ts";
import { bundle, gzipBytes } from "./bundle.ts";
import type { Bundle } from "./bundle.ts";
import { encodeProblem } from "./problem-file.ts";
import type { TrainingProblem } from "./problems.ts";
import { median, rounded } from "./statistics.ts";

const processes = 3;

/** The median of some processes for each figure; each runs the library's bundle, as a device would. */
export async function measureInNode(
  library: Library,
  problem: TrainingProblem,
  folder: string,
): Promise<Embedded> {
  const { file, bytes } = await writeBundle(library, join(folder, library));
  const problemFile = join(folder, `${problem.name}.bin`);
  await writeFile(problemFile, encodeProblem(problem));
  const runs: Run[] = [];
  for (let index = 0; index < processes; index++) {
    const [whole, budget, withImport] = [
      await runProcess<Whole>(file, problemFile),
      await runProcess<Budget>(file, problemFile, "budget"),
      await runProcess<Budget>(file, problemFile, "import"),
    ];
    runs.push({ ...whole, stepsIn10ms: budget.steps, stepsIn10msWithImport: withImport.steps });
  }
  const of = (field: Exclude<keyof Run, "loss">): number => rounded(median(runs.map((run) => run[field])));
  return {
    stepsPerSecond: of("stepsPerSecond"),
    stepsIn10ms: of("stepsIn10ms"),
    stepsIn10msWithImport: of("stepsIn10msWithImport"),
    residentBytes: of("residentBytes"),
    wasmBytes: runs[0]?.wasmBytes ?? null,
    bundleBytes: bytes,
    firstStepMs: of("firstStepMs"),
    ...(runs[0] === undefined ? {} : { firstLoss: runs[0].loss }),
  };
}

interface Whole {
  readonly loss: number;
  readonly firstStepMs: number;
  readonly stepsPerSecond: number;
  readonly residentBytes: number;
  readonly wasmBytes: number;
}

interface Budget {
  readonly steps: number;
}

interface Run extends Whole {
  readonly stepsIn10ms: number;
  readonly stepsIn10msWithImport: number;
}

async function runProcess<T>(...args: readonly string[]): Promise<T> {
  const program = join(import.meta.dirname, "embedded-process.ts");
  const { stdout } = await promisify(execFile)(process.execPath, ["--no-warnings", program, ...args]);
  return JSON.parse(stdout) as T;
}

/** The bundle and its wasm in a folder; `bytes`: code and the wasm that is loaded, gzipped. */
async function writeBundle(
  library: Library,
  folder: string,
): Promise<{ readonly file: string; readonly bytes: number }> {
  await mkdir(folder, { recursive: true });
  const program = `embedded-${library}.ts`;
  if (!library.startsWith("tfjs")) {
    const built = await bundle(program, "node", { isDenseOnly: library === "edgeprop" });
    const file = join(folder, "peer.mjs");
    await writeFile(file, built.code);
    return { file, bytes: gzipBytes(built.code) + (library === "edgeprop" ? await copyKernels(folder) : 0) };
  }
  // tfjs's wasm backend asks for `require` and `__dirname` where it finds Node.
  const built: Bundle = await bundle(program, "node", { format: "cjs", mainFields: ["module", "main"] });
  const file = join(folder, "peer.cjs");
  await writeFile(file, built.code);
  return { file, bytes: gzipBytes(built.code) + (library === "tfjs-wasm" ? await copyTfjs(folder) : 0) };
}

const source = join(import.meta.dirname, "../../src/wasm");

/** Both builds lie where edgeprop/dense looks for them, beside its folder; the bytes are those of the one it loads. */
async function copyKernels(folder: string): Promise<number> {
  const target = join(folder, "../wasm");
  await mkdir(target, { recursive: true });
  for (const name of ["dense-simd.wasm", "dense-relaxed-simd.wasm"])
    await writeFile(join(target, name), await readFile(join(source, name)));
  return gzipBytes(await readFile(join(source, "dense-relaxed-simd.wasm")));
}

/** All of tfjs's binaries, of which it loads the one for SIMD on one thread. */
async function copyTfjs(folder: string): Promise<number> {
  const packageFile = createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm/package.json");
  const dist = join(dirname(packageFile), "dist");
  for (const name of (await readdir(dist)).filter((file) => file.endsWith(".wasm")))
    await writeFile(join(folder, name), await readFile(join(dist, name)));
  return gzipBytes(await readFile(join(dist, "tfjs-backend-wasm-simd.wasm")));
}
