/**
 * Builds edgeprop/dense into dist/dense: the entries of the platforms once more, with the files of src/dense in the
 * place of those of the same names, so that no other layer's code is in them, and with kernels of their own.
 */
import { readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { build } from "esbuild";
import type { Plugin } from "esbuild";

const root = join(import.meta.dirname, "..");
const platforms = ["node", "workerd", "browser"] as const;
const replaced = /\/(form-of-layer|parse-layer|calls-of-layer|layer-matrix)\.ts$/;

/** Makes a bundle of src/<platform>.ts the dense-only one. */
export const denseOnly: Plugin = {
  name: "dense-only",
  setup(bundle) {
    bundle.onResolve({ filter: replaced }, ({ path }) => ({
      path: join(root, "src/dense/layers", basename(path)),
    }));
    bundle.onResolve({ filter: /^\.\/index\.ts$/ }, ({ importer }) =>
      isEntry(importer) ? { path: join(root, "src/dense/index.ts") } : undefined,
    );
    bundle.onResolve({ filter: /\.wasm$/ }, ({ path }) => ({ path, external: true }));
    bundle.onLoad({ filter: /\/src\/(node|workerd|browser)\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      if (!source.includes("./wasm/")) throw new Error(`${path} does not name its kernels by ./wasm/`);
      return { contents: source.replaceAll("./wasm/", "../wasm/dense-"), loader: "ts" };
    });
  },
};

function isEntry(path: string): boolean {
  return platforms.some((platform) => path === join(root, `src/${platform}.ts`));
}

async function buildDense(): Promise<void> {
  const output = join(root, "dist/dense");
  // What tsc has made of them is for its types alone.
  await rm(join(output, "layers"), { recursive: true, force: true });
  for (const platform of platforms) {
    await build({
      entryPoints: [join(root, `src/${platform}.ts`)],
      outfile: join(output, `${platform}.js`),
      bundle: true,
      format: "esm",
      platform: platform === "node" ? "node" : "neutral",
      target: "es2024",
      treeShaking: true,
      plugins: [denseOnly],
    });
    const own = `export { createTrainer, loadKernels, restoreTrainer } from "../${platform}.js";\n`;
    await writeFile(join(output, `${platform}.d.ts`), `export * from "./index.js";\n${own}`);
  }
}

if (import.meta.main) await buildDense();
