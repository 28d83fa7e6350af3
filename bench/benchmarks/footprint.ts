import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { bundle, gzipBytes } from "../runtimes/bundle.ts";
import type { Bundle } from "../runtimes/bundle.ts";
import { progress, runBenchmark } from "../command/report.ts";

/** Bytes that a device loads: minified, gzip, wasm included. */
export async function run(args: readonly string[]): Promise<void> {
  const description = "Bytes of a device's bundle, minified and gzipped, wasm included, beside tfjs.";
  await runBenchmark({ name: "footprint", description }, args, measure);
}

async function measure(): Promise<object> {
  const dense = await bundle("device-dense.ts", "browser", { isDenseOnly: true });
  const twoLayers = await bundle("device-two-layers.ts", "browser");
  const full = await bundle("device-full.ts", "browser");
  const tfjs = await bundle("device-tfjs.ts", "browser");
  // tfjs fetches one of three binaries; on one thread with SIMD this one.
  const tfjsWasm = await readFile(
    join(
      dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm/package.json")),
      "dist/tfjs-backend-wasm-simd.wasm",
    ),
  );
  const [denseWorker, twoLayersWorker, fullWorker] = [
    await bundle("device-dense.ts", "workerd", { isDenseOnly: true }),
    await bundle("device-two-layers.ts", "workerd"),
    await bundle("device-full.ts", "workerd"),
  ];
  const document = {
    unit: "bytes, minified (esbuild) and gzipped (level 9), wasm included",
    dense: browserBytes(dense).total,
    twoLayers: browserBytes(twoLayers).total,
    full: browserBytes(full).total,
    tfjs: gzipBytes(tfjs.code) + gzipBytes(tfjsWasm),
    details: {
      browser: {
        // A browser fetches the wasm of one build: simd, or relaxed-simd with `deterministic: false`.
        counts: "the code and the larger build's wasm",
        dense: browserBytes(dense),
        twoLayers: browserBytes(twoLayers),
        full: browserBytes(full),
        tfjs: { code: gzipBytes(tfjs.code), wasm: { "tfjs-backend-wasm-simd.wasm": gzipBytes(tfjsWasm) } },
      },
      // A Worker is uploaded with all that it imports.
      workerd: {
        counts: "the code and both builds' wasm",
        dense: workerBytes(denseWorker),
        twoLayers: workerBytes(twoLayersWorker),
        full: workerBytes(fullWorker),
      },
    },
  };
  progress(JSON.stringify(document));
  return document;
}

interface Sizes {
  readonly total: number;
  readonly code: number;
  readonly wasm: Readonly<Record<string, number>>;
}

function browserBytes({ code, wasm }: Bundle): Sizes {
  const sizes = wasmSizes(wasm);
  const sumOf = (isRelaxed: boolean): number =>
    Object.entries(sizes)
      .filter(([name]) => name.includes("relaxed") === isRelaxed)
      .reduce((sum, [, bytes]) => sum + bytes, 0);
  return { total: gzipBytes(code) + Math.max(sumOf(false), sumOf(true)), code: gzipBytes(code), wasm: sizes };
}

function workerBytes({ code, wasm }: Bundle): Sizes {
  const sizes = wasmSizes(wasm);
  const total = Object.values(sizes).reduce((sum, bytes) => sum + bytes, gzipBytes(code));
  return { total, code: gzipBytes(code), wasm: sizes };
}

function wasmSizes(wasm: Bundle["wasm"]): Record<string, number> {
  return Object.fromEntries([...wasm].map(([name, contents]) => [name, gzipBytes(contents)]));
}
