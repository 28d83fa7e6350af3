import { rename, writeFile } from "node:fs/promises";

/** Writes beside the file and renames: whoever is killed while writing leaves the file as it was. */
export async function replaceFile(path: string, contents: string | Uint8Array): Promise<void> {
  await writeFile(`${path}.part`, contents);
  await rename(`${path}.part`, path);
}
