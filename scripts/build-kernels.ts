/** Compiles src/kernels into src/wasm, each entry for each target of asconfig.json. Does nothing while the output is current. */
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const stampFile = join(root, "src/wasm/.stamp");
const targets = ["simd", "relaxed-simd"] as const;
/** By what the names of their files begin with. */
const entries = { "": "src/kernels/index.ts", "dense-": "src/kernels/dense-build.ts" };
const outputs = Object.entries(entries).flatMap(([prefix, entry]) =>
  targets.map((target) => ({ entry, target, file: `src/wasm/${prefix}${target}.wasm` })),
);

/** That its last pass, undone, had made the code larger: nothing to be done about. */
const suboptimal = /^Last converge was suboptimal/;

export async function buildKernels(options: { readonly force?: boolean } = {}): Promise<{ built: boolean }> {
  const inputs = await hashInputs();
  const stamp = await readFile(stampFile, "utf8").catch(() => "");
  if (options.force !== true && stamp === `${inputs} ${await hashOutputs()}\n`) return { built: false };

  await mkdir(join(root, "src/wasm"), { recursive: true });
  for (const output of outputs) await replaceFile(join(root, output.file), await compile(output));
  await replaceFile(stampFile, `${inputs} ${await hashOutputs()}\n`);
  return { built: true };
}

async function compile({ entry, target, file }: (typeof outputs)[number]): Promise<Uint8Array<ArrayBuffer>> {
  // Loaded here only: the compiler takes longer to load than the check that nothing changed.
  const { default: asc } = await import("assemblyscript/asc");
  let output = new Uint8Array();
  const { error } = await asc.main([entry, "--baseDir", root, "--target", target, "--outFile", file], {
    stderr: { write: (text: string) => suboptimal.test(text) || process.stderr.write(text) },
    writeFile: (_file, contents) => {
      output = Uint8Array.from(contents as Uint8Array);
    },
  });
  if (error !== null)
    throw new Error(`the kernels do not compile (${entry}, target ${target})`, { cause: error });
  checkInterface(new WebAssembly.Module(output));
  return output;
}

/** All that the runtime may rely on: it brings the memory, and its arena starts at `__heap_base`. */
function checkInterface(module: WebAssembly.Module): void {
  const imports = WebAssembly.Module.imports(module).map((entry) => `${entry.module}.${entry.name}`);
  if (imports.join() !== "env.memory")
    throw new Error(`the kernels import ${imports.join(", ")}, not only env.memory`);
  if (!WebAssembly.Module.exports(module).some((entry) => entry.name === "__heap_base")) {
    throw new Error(
      "every entry of src/kernels must say `export { __heap_base };` (the first byte after static data)",
    );
  }
}

async function hashInputs(): Promise<string> {
  const kernels = await readdir(join(root, "src/kernels"), { recursive: true });
  const sources = kernels.filter((file) => file.endsWith(".ts")).map((file) => join("src/kernels", file));
  const compiler = "node_modules/assemblyscript/package.json";
  return hashFiles(["asconfig.json", "scripts/build-kernels.ts", compiler, ...sources.toSorted()]);
}

/** Part of the stamp, so that output which was cut short or changed by hand is made again. */
function hashOutputs(): Promise<string> {
  return hashFiles(outputs.map(({ file }) => file));
}

async function hashFiles(files: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const file of files) {
    hash.update(`\0${file}\0`).update(await readFile(join(root, file)).catch(() => "absent"));
  }
  return hash.digest("hex");
}

/** By rename: another process may be reading or writing the same file. */
async function replaceFile(path: string, contents: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, contents);
  await rename(temporary, path);
}

if (import.meta.main) {
  try {
    await buildKernels({ force: process.argv.includes("--force") });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
