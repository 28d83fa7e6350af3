import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { packageRoot } from "../../../src/cli/package-root.ts";

/** A page's fences of a language, one behind the other. */
export function codeOf(page: string, language: string): string {
  const text = readFileSync(join(packageRoot, page), "utf8");
  const fences = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)];
  return fences
    .filter(([, name]) => name === language)
    .map(([, , code = ""]) => code)
    .join("\n");
}

/** The page's TypeScript as one program that imports the sources in place of the package. */
export function programOf(page: string, sources: Readonly<Record<string, string>>): string {
  return codeOf(page, "ts").replaceAll(/from "(edgeprop[^"]*)"/g, (_, name: string) => {
    const source = pathToFileURL(join(packageRoot, sources[name] ?? `missing: ${name}`)).href;
    return `from ${JSON.stringify(source)}`;
  });
}
