/**
 * Compiles src/kernels into src/wasm, each entry for each target of asconfig.json, and writes the kernels' signatures
 * beside them. Does nothing while the output is current.
 */
import { readFileSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { hashFiles, replaceFile, root, runScript } from "./files.ts";
import { kernelSignatures } from "./kernel-signatures.ts";

const stampFile = "src/wasm/.stamp";
const targets = ["simd", "relaxed-simd"] as const;
/** Whose exports the signatures are: all kernels. */
const fullEntry = "src/kernels/index.ts";
const signaturesFile = "src/wasm/kernels.ts";
/** By what the names of their files begin with. */
const entries = { "": fullEntry, "dense-": "src/kernels/dense-build.ts" };
const outputs: readonly Output[] = [
  ...Object.entries(entries).flatMap(([prefix, entry]) =>
    targets.map((target) => ({ entry, target, file: `src/wasm/${prefix}${target}.wasm` })),
  ),
  // For a test alone, so outside src/wasm, which the package carries.
  { entry: "src/kernels/scratch-sizes.ts", target: "simd", file: ".build/kernels/scratch-sizes.wasm" },
];

interface Output {
  readonly entry: string;
  readonly target: (typeof targets)[number];
  readonly file: string;
}

/** That its last pass, undone, had made the code larger: nothing to be done about. */
const suboptimal = /^Last converge was suboptimal/;

export async function buildKernels(options: { readonly force?: boolean } = {}): Promise<{ built: boolean }> {
  const inputs = await hashInputs();
  const stamp = await readFile(join(root, stampFile), "utf8").catch(() => "");
  if (options.force !== true && stamp === `${inputs} ${await hashOutputs()}\n`) return { built: false };

  for (const output of outputs) {
    const { wasm, bindings } = await compile(output);
    await replaceFile(output.file, wasm);
    if (output.entry === fullEntry && output.target === "simd")
      await replaceFile(signaturesFile, toSignatures(wasm, bindings));
  }
  await replaceFile(stampFile, `${inputs} ${await hashOutputs()}\n`);
  return { built: true };
}

async function compile({ entry, target, file }: Output): Promise<Compiled> {
  // Loaded here only: the compiler takes longer to load than the check that nothing changed.
  const [{ default: asc }, { keepOutOfLine }] = await Promise.all([
    import("assemblyscript/asc"),
    import("./keep-out-of-line.ts"),
  ]);
  let wasm = new Uint8Array();
  let bindings = "";
  const args = [entry, "--baseDir", root, "--target", target, "--outFile", file, "--bindings", "raw"];
  const { error } = await asc.main(args, {
    // Its type asks for what the compiler itself adds.
    transforms: [keepOutOfLine as never],
    stderr: { write: (text: string) => suboptimal.test(text) || process.stderr.write(text) },
    writeFile: (name, contents) => {
      if (name.endsWith(".wasm")) wasm = Uint8Array.from(contents as Uint8Array);
      else if (name.endsWith(".d.ts")) bindings = String(contents);
    },
  });
  if (error !== null)
    throw new Error(`the kernels do not compile (${entry}, target ${target})`, { cause: error });
  checkInterface(new WebAssembly.Module(wasm));
  return { wasm, bindings };
}

interface Compiled {
  readonly wasm: Uint8Array<ArrayBuffer>;
  /** What the compiler declares of the exports. */
  readonly bindings: string;
}

/** Throws where the module exports a function that they miss. */
function toSignatures(wasm: Uint8Array<ArrayBuffer>, bindings: string): string {
  const signatures = kernelSignatures(bindings, (file) => readFileSync(join(root, file), "utf8"));
  const exported = WebAssembly.Module.exports(new WebAssembly.Module(wasm));
  const missed = exported.find(
    ({ name, kind }) => kind === "function" && !signatures.includes(`  readonly ${name}: (`),
  );
  if (missed !== undefined)
    throw new Error(
      `the compiler's bindings have no ${missed.name}: is their form still that of asc --bindings raw?`,
    );
  return signatures;
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
  const scripts = ["build-kernels", "files", "keep-out-of-line", "kernel-signatures"].map(
    (name) => `scripts/${name}.ts`,
  );
  return hashFiles(["asconfig.json", ...scripts, compiler, ...sources.toSorted()]);
}

/** Part of the stamp, so that output which was cut short or changed by hand is made again. */
function hashOutputs(): Promise<string> {
  return hashFiles([signaturesFile, ...outputs.map(({ file }) => file)]);
}

if (import.meta.main) await runScript(() => buildKernels({ force: process.argv.includes("--force") }));
