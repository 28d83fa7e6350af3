import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { packageRoot } from "../../../src/cli/package-root.ts";

/** The files under a folder whose names end with `ending`, as paths from the repository's root, in order. */
export function filesUnder(folder: string, ending = ""): string[] {
  const entries = readdirSync(join(packageRoot, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(packageRoot, join(entry.parentPath, entry.name)))
    .filter((path) => !path.includes("node_modules/"))
    .toSorted();
}

export function readText(path: string): string {
  return readFileSync(join(packageRoot, path), "utf8");
}
