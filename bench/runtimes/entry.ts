import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Plugin } from "esbuild";

export type Platform = "browser" | "node" | "workerd";

/** What "edgeprop" is in a bundle. */
export interface Entry {
  readonly file: string;
  /** What "edgeprop/core" is; absent from a checkout that has no such entry yet. */
  readonly core?: string;
  /** What makes the bundle the dense-only one, where that is not an entry of its own. */
  readonly plugins: readonly Plugin[];
}

interface EntryOptions {
  readonly platform: Platform;
  /** The entry of edgeprop/dense. */
  readonly isDenseOnly: boolean;
}

/** The source of what the package exports for a platform, by the package.json of a checkout: entries move over time. */
export async function findEntry(checkout: string, { platform, isDenseOnly }: EntryOptions): Promise<Entry> {
  const { exports } = JSON.parse(await readFile(join(checkout, "package.json"), "utf8")) as {
    readonly exports: Readonly<Record<string, ExportConditions>>;
  };
  const builtOf = (path: string) => exports[path]?.[platform === "node" ? "default" : platform]?.default;
  const sourceOf = (path: string): string => {
    const built = builtOf(path);
    if (built === undefined) throw new Error(`${checkout}/package.json exports no ${path} for ${platform}`);
    return join(checkout, built.replace("./dist/", "src/").replace(/\.js$/, ".ts"));
  };
  if (!isDenseOnly) {
    const core = builtOf("./core") === undefined ? {} : { core: sourceOf("./core") };
    return { file: sourceOf("."), ...core, plugins: [] };
  }
  const dense = sourceOf("./dense");
  if (await exists(dense)) return { file: dense, plugins: [] };
  const { denseOnly } = (await import(pathToFileURL(join(checkout, "scripts/build-dense.ts")).href)) as {
    readonly denseOnly: Plugin;
  };
  return { file: sourceOf("."), plugins: [denseOnly] };
}

type ExportConditions = Readonly<Record<string, { readonly default: string } | undefined>>;

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
