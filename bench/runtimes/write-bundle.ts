import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ownCheckout } from "./bundle.ts";
import type { Bundle } from "./bundle.ts";

interface WriteOptions {
  readonly folder: string;
  /** The checkout whose kernels it loads. Default: this one. */
  readonly checkout?: string;
  /** Default "program.mjs". */
  readonly name?: string;
}

/**
 * A bundle for Node as a file, with all kernels where it looks for them: in a folder `wasm` beside it, or beside its
 * folder where it is that of edgeprop/dense. Returns the file's path.
 */
export async function writeBundle(
  { code }: Bundle,
  { folder, checkout = ownCheckout, name = "program.mjs" }: WriteOptions,
): Promise<string> {
  const source = join(checkout, "src/wasm");
  const kernels = (await readdir(source)).filter((file) => file.endsWith(".wasm"));
  for (const target of [join(folder, "wasm"), join(folder, "../wasm")]) {
    await mkdir(target, { recursive: true });
    for (const file of kernels) await writeFile(join(target, file), await readFile(join(source, file)));
  }
  const path = join(folder, name);
  await writeFile(path, code);
  return path;
}
