import { posix } from "node:path";
import { readText } from "./files.ts";

export interface Import {
  readonly specifier: string;
  /** The file it leads to, from the repository's root; null for a package. */
  readonly target: string | null;
  /** `import type` or `export type`. */
  readonly isType: boolean;
}

const from = /^(?:import|export)(\s+type)?\b[^;"'`]*?\bfrom\s+"([^"]+)"/gm;
const bare = /^import\s+"([^"]+)"/gm;
const dynamic = /\bimport\(\s*"([^"]+)"/g;

/** What a TypeScript or AssemblyScript file imports or exports from elsewhere; `import("x")` as well, types included. */
export function importsOf(file: string): Import[] {
  return parseImports(file, readText(file));
}

export function parseImports(file: string, text: string): Import[] {
  return [
    ...[...text.matchAll(from)].map(([, type, specifier = ""]) =>
      toImport(file, specifier, type !== undefined),
    ),
    ...[bare, dynamic].flatMap((form) =>
      [...text.matchAll(form)].map(([, specifier = ""]) => toImport(file, specifier, false)),
    ),
  ];
}

function toImport(file: string, specifier: string, isType: boolean): Import {
  if (!specifier.startsWith(".")) return { specifier, target: null, isType };
  const path = posix.join(posix.dirname(file), specifier);
  // AssemblyScript leaves the ending out.
  return { specifier, target: posix.extname(path) === "" ? `${path}.ts` : path, isType };
}
