import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { BuildOptions, Plugin } from "esbuild";
import { findEntry } from "./entry.ts";
import type { Platform } from "./entry.ts";

/** The checkout that this file belongs to. */
export const ownCheckout = join(import.meta.dirname, "../..");

export interface Bundle {
  readonly code: Uint8Array;
  /** The wasm files that the code names, by their names. */
  readonly wasm: ReadonlyMap<string, Uint8Array>;
}

export interface BundleOptions extends Pick<BuildOptions, "alias" | "define" | "format" | "mainFields"> {
  /** "edgeprop" is then the code of edgeprop/dense. Default false. */
  readonly isDenseOnly?: boolean;
  /** The folder of the checkout that "edgeprop" comes from; the program is always of this one. Default: this one. */
  readonly checkout?: string;
}

/** Bundles and minifies a program of bench/programs with esbuild; "edgeprop" and "edgeprop/core" are the platform's entries. */
export async function bundle(
  program: string,
  platform: Platform,
  { isDenseOnly = false, checkout = ownCheckout, ...extra }: BundleOptions = {},
): Promise<Bundle> {
  const { build } = await import("esbuild");
  const entry = await findEntry(checkout, { platform, isDenseOnly });
  const wasmFolder = join(checkout, "src/wasm");
  const imported = new Map<string, string>();
  const { outputFiles } = await build({
    absWorkingDir: ownCheckout,
    entryPoints: [join("bench/programs", program)],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2022",
    logLevel: "error",
    platform: platform === "node" ? "node" : "browser",
    conditions: platform === "workerd" ? ["workerd", "worker"] : [],
    // tfjs asks for them where it finds Node.
    external:
      platform === "node"
        ? []
        : ["node:*", "fs", "path", "worker_threads", "perf_hooks", "os", "util", "crypto", "string_decoder"],
    plugins: [wasmModules(imported, wasmFolder), ...entry.plugins],
    ...extra,
    alias: {
      edgeprop: entry.file,
      ...(entry.core === undefined ? {} : { "edgeprop/core": entry.core }),
      ...extra.alias,
    },
  });
  const code = outputFiles[0]?.contents ?? new Uint8Array();
  for (const name of namedIn(code)) if (!imported.has(name)) imported.set(name, join(wasmFolder, name));
  const wasm = new Map<string, Uint8Array>();
  for (const [name, path] of imported) wasm.set(name, await readFile(path));
  return { code, wasm };
}

/** Imports of .wasm stay imports, and are of files beside the bundle. */
function wasmModules(imported: Map<string, string>, wasmFolder: string): Plugin {
  return {
    name: "wasm-modules",
    setup(builder) {
      builder.onResolve({ filter: /\.wasm$/ }, async ({ path, resolveDir, pluginData }) => {
        if (pluginData === "resolving") return undefined;
        const found = await builder.resolve(path, {
          kind: "import-statement",
          resolveDir,
          pluginData: "resolving",
        });
        // The dense-only plugin has already written the path that the package has.
        imported.set(basename(path), found.external ? join(wasmFolder, basename(path)) : found.path);
        return { path: `./${basename(path)}`, external: true };
      });
    },
  };
}

/** The files of src/wasm that the code loads by their address, "wasm/name.wasm" beside or above it. */
function namedIn(code: Uint8Array): string[] {
  const text = new TextDecoder().decode(code);
  return [...new Set([...text.matchAll(/\.\/wasm\/([\w-]+\.wasm)/g)].map(([, name]) => name ?? ""))];
}

export function gzipBytes(contents: Uint8Array): number {
  return gzipSync(contents, { level: 9 }).length;
}
