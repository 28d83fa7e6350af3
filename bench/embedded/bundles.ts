import { readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { bundle, gzipBytes, ownCheckout } from "../runtimes/bundle.ts";
import type { Bundle } from "../runtimes/bundle.ts";
import { writeBundle } from "../runtimes/write-bundle.ts";
import type { Library } from "./result.ts";

/** A peer's bundle for Node, in a folder. */
export interface NodePeer {
  readonly file: string;
  /** Bytes of the code and of the wasm that is loaded, gzipped. */
  readonly bytes: number;
}

/** A Worker around a peer. */
export interface WorkerPeer {
  readonly worker: Bundle;
  /** Bytes of the peer alone, code and wasm, gzipped. */
  readonly bytes: number;
}

export interface EdgepropPeer {
  /** A file within bench/programs that exports `createPeer`. */
  readonly program: string;
  readonly checkout?: string;
}

export async function buildForNode(library: Library, folder: string): Promise<NodePeer> {
  const program = `embedded/${library}.ts`;
  if (library === "edgeprop") return buildEdgepropForNode({ program }, folder);
  if (!library.startsWith("tfjs")) {
    const built = await bundle(program, "node");
    return { file: await writeBundle(built, { folder }), bytes: gzipBytes(built.code) };
  }
  // tfjs's wasm backend asks for `require` and `__dirname` where it finds Node.
  const built: Bundle = await bundle(program, "node", { format: "cjs", mainFields: ["module", "main"] });
  const file = await writeBundle(built, { folder, name: "program.cjs" });
  return { file, bytes: gzipBytes(built.code) + (library === "tfjs-wasm" ? await copyTfjs(folder) : 0) };
}

/** The code of edgeprop/dense; its bytes count the kernels that it loads with `deterministic: false`. */
export async function buildEdgepropForNode(
  { program, checkout = ownCheckout }: EdgepropPeer,
  folder: string,
): Promise<NodePeer> {
  const built = await bundle(program, "node", { isDenseOnly: true, checkout });
  const kernels = await readFile(join(checkout, "src/wasm/dense-relaxed-simd.wasm"));
  return {
    file: await writeBundle(built, { folder, checkout }),
    bytes: gzipBytes(built.code) + gzipBytes(kernels),
  };
}

export function buildForWorkerd(library: Library): Promise<WorkerPeer> {
  const program = `embedded/${library}${library === "tfjs-wasm" ? "-workerd" : ""}.ts`;
  return buildPeerForWorkerd({ program, isDenseOnly: library === "edgeprop" });
}

export async function buildPeerForWorkerd({
  program,
  ...options
}: EdgepropPeer & { readonly isDenseOnly: boolean }): Promise<WorkerPeer> {
  const alias = { "embedded-peer": `./bench/programs/${program}` };
  const [peer, worker] = await Promise.all([
    bundle(program, "workerd", options),
    bundle("embedded/worker.ts", "workerd", { ...options, alias }),
  ]);
  const wasm = [...peer.wasm.values()];
  const bytes = wasm.reduce((sum, contents) => sum + gzipBytes(contents), gzipBytes(peer.code));
  return { worker, bytes };
}

/** All of tfjs's binaries, of which it loads the one for SIMD on one thread. */
async function copyTfjs(folder: string): Promise<number> {
  const packageFile = createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm/package.json");
  const dist = join(dirname(packageFile), "dist");
  for (const name of (await readdir(dist)).filter((file) => file.endsWith(".wasm")))
    await writeFile(join(folder, name), await readFile(join(dist, name)));
  return gzipBytes(await readFile(join(dist, "tfjs-backend-wasm-simd.wasm")));
}
