import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { BuildOptions, Plugin } from "esbuild";
import { denseOnly } from "../../scripts/build-dense.ts";

const root = join(import.meta.dirname, "../..");

export type Platform = "browser" | "node" | "workerd";

export interface Bundle {
  readonly code: Uint8Array;
  /** The wasm files that the code names, by their names. */
  readonly wasm: ReadonlyMap<string, Uint8Array>;
}

export interface BundleOptions extends Pick<BuildOptions, "alias" | "define" | "format" | "mainFields"> {
  /** "edgeprop" is then the code of edgeprop/dense. Default false. */
  readonly isDenseOnly?: boolean;
}

/** Bundles and minifies a program of bench/programs with esbuild; "edgeprop" is the platform's entry. */
export async function bundle(
  program: string,
  platform: Platform,
  { isDenseOnly = false, ...extra }: BundleOptions = {},
): Promise<Bundle> {
  const { build } = await import("esbuild");
  const imported = new Map<string, string>();
  const { outputFiles } = await build({
    absWorkingDir: root,
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
    plugins: [wasmModules(imported), ...(isDenseOnly ? [denseOnly] : [])],
    ...extra,
    alias: { edgeprop: `./src/${platform}.ts`, ...extra.alias },
  });
  const code = outputFiles[0]?.contents ?? new Uint8Array();
  for (const name of namedIn(code)) if (!imported.has(name)) imported.set(name, join(root, "src/wasm", name));
  const wasm = new Map<string, Uint8Array>();
  for (const [name, path] of imported) wasm.set(name, await readFile(path));
  return { code, wasm };
}

/** Imports of .wasm stay imports, of files beside the bundle. */
function wasmModules(imported: Map<string, string>): Plugin {
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
        // Of the dense-only build the path is already that of the package.
        imported.set(basename(path), found.external ? join(root, "src/wasm", basename(path)) : found.path);
        return { path: `./${basename(path)}`, external: true };
      });
    },
  };
}

/** Files of src/wasm that the code loads by `new URL("./wasm/name.wasm", import.meta.url)`. */
function namedIn(code: Uint8Array): string[] {
  const text = new TextDecoder().decode(code);
  return [...new Set([...text.matchAll(/\.\/wasm\/([\w-]+\.wasm)/g)].map(([, name]) => name ?? ""))];
}

export function gzipBytes(contents: Uint8Array): number {
  return gzipSync(contents, { level: 9 }).length;
}
