import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { it } from "vitest";
import { packageRoot } from "../../src/cli/package-root.ts";

const denseProgram = `
import { createTrainer, dense, proxProp, sequential, sgd, toDataset } from "./src/dense/browser.ts";
const model = sequential({ input: [64] }, [dense(32, { activation: "relu" }), dense(10)]);
const options = { loss: "softmaxCrossEntropy", rule: proxProp({ tau: 1 }), optimizer: sgd({ learningRate: 1 }), batchSize: 8 };
const trainer = await createTrainer(model, options);
await trainer.train(toDataset({ inputs: new Float32Array(64), targets: [1], inputSize: 64 }), { epochs: 1 });
`;
const everything = `import * as edgeprop from "./src/browser.ts"; globalThis.edgeprop = edgeprop;`;

async function bundle(program: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: packageRoot },
    absWorkingDir: packageRoot,
    bundle: true,
    format: "esm",
    minify: true,
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}

/**
 * One of the two builds is what a device loads. A KB is 1024 bytes here, as where memory is counted. The limits leave
 * room for ideas to come: `npm run bench -- footprint` says how much of them is used.
 */
function readWasm(name: string): Promise<Buffer<ArrayBuffer>> {
  return readFile(join(packageRoot, `src/wasm/${name}.wasm`));
}

/** What the functions are called that only other layers than dense ones need. */
const ofOtherLayers = [
  "im2col",
  "col2im",
  "maxPool2dBackward",
  "normalizeChannels",
  "gatherRows",
  "dropout(",
];

/** What only other optimizers, schedules and readers of JSON than the program's have in them. */
const notNamed = ["adagrad", "adamw", "rmsprop", "cosine", "moment1"];

async function exportsOf(name: string): Promise<string[]> {
  const module = new WebAssembly.Module(await readWasm(name));
  return WebAssembly.Module.exports(module).map((entry) => `${entry.name}(`);
}

it("a device that trains dense layers loads at most 30 KB, no other layer's code among them", async ({
  expect,
}) => {
  const code = await bundle(denseProgram);
  for (const name of [...ofOtherLayers, ...notNamed]) expect(code).not.toContain(name);
  for (const wasm of ["dense-simd", "dense-relaxed-simd"]) {
    expect(
      gzipSync(code, { level: 9 }).length + gzipSync(await readWasm(wasm), { level: 9 }).length,
    ).toBeLessThanOrEqual(30 * 1024);
    const kernels = await exportsOf(wasm);
    for (const name of ofOtherLayers) expect(kernels.filter((kernel) => kernel.startsWith(name))).toEqual([]);
  }
});

it("a device that uses everything loads at most 45 KB", async ({ expect }) => {
  const code = await bundle(everything);
  for (const name of ofOtherLayers) expect(code).toContain(name);
  for (const wasm of ["simd", "relaxed-simd"]) {
    expect(
      gzipSync(code, { level: 9 }).length + gzipSync(await readWasm(wasm), { level: 9 }).length,
    ).toBeLessThanOrEqual(45 * 1024);
    const kernels = await exportsOf(wasm);
    for (const name of ofOtherLayers)
      expect(kernels.filter((kernel) => kernel.startsWith(name))).not.toEqual([]);
  }
});
