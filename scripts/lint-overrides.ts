/** The import table as overrides of .oxlintrc.json. A later override replaces the earlier ones for its files. */
import type { Row } from "./import-table.ts";

interface Override {
  readonly files: readonly string[];
  readonly rules: {
    readonly "no-restricted-imports": readonly ["error", { readonly patterns: readonly Pattern[] }] | "off";
  };
}

interface Pattern {
  readonly group?: readonly string[];
  readonly regex?: string;
  readonly allowTypeImports?: true;
  readonly message: string;
}

const table = 'see "Who may import whom" in CONTRIBUTING.md';
const outside = ["hono", "hono/**", "cloudflare:*", "**/workers/**", "**/src/**"];
/** The files of src that are entries, whether they have a row or not. */
const entries = ["index", "node", "workerd", "browser"];

/** `files`: the TypeScript of src, as paths from the root; an override is made for every depth that a folder has. */
export function lintOverrides(rows: readonly Row[], files: readonly string[]): Override[] {
  const folders = rows.map(({ name }) => name).filter((name) => name !== "workers" && !isFile(name, files));
  return [
    restrict(["src/**"], [{ group: [...outside, "**/cli/**"], message: "src may not import this" }]),
    ...rows.flatMap((row) => overridesOf(row, { rows, folders, files })),
    { files: ["src/*/{node,workerd,browser}.ts"], rules: { "no-restricted-imports": "off" } },
  ];
}

/** Whether a row is of a file in src itself. */
function isFile(name: string, files: readonly string[]): boolean {
  return entries.includes(name) || files.includes(`src/${name}.ts`);
}

interface Layout {
  readonly rows: readonly Row[];
  /** Those of src with a row. */
  readonly folders: readonly string[];
  readonly files: readonly string[];
}

function overridesOf(row: Row, { rows, folders, files }: Layout): Override[] {
  const { name } = row;
  if (name === "errors")
    return [restrict(["src/errors.ts"], [{ group: ["**"], message: "errors imports nothing" }])];
  if (name === "workers") {
    const group = ["**/src/*/**", "!**/src/*/index.ts"];
    return [
      restrict(["workers/**"], [{ group, message: "Workers import a folder of src through its index.ts" }]),
    ];
  }
  // oxlint reads neither AssemblyScript nor what git ignores.
  if (name === "kernels" || name === "wasm") return [];
  if (row.isForEverything) {
    const others = `{${folders.filter((folder) => folder !== name).join(",")}}`;
    const group = [`**/${others}/**`, `!**/${others}/index.ts`, `!**/${others}/node.ts`];
    return [
      restrict(
        [`src/${name}/**`],
        [
          { group: outside, message: "src may not import this" },
          { group, message: `${name} imports another folder through its index.ts` },
        ],
      ),
    ];
  }
  if (isFile(name, files)) return [restrict([`src/${name}.ts`], patternsOf(row, { rows, files, depth: 0 }))];
  return depthsOf(name, files).map((depth) =>
    restrict([`src/${name}/${"*/".repeat(depth - 1)}*.ts`], patternsOf(row, { rows, files, depth })),
  );
}

interface Place extends Pick<Layout, "rows" | "files"> {
  /** Folders between src and the file. */
  readonly depth: number;
}

/** 1: files in the folder itself; 2: in folders of it; and so on. */
function depthsOf(folder: string, files: readonly string[]): number[] {
  const own = files.filter((file) => file.startsWith(`src/${folder}/`));
  return [...new Set(own.map((file) => file.split("/").length - 2))].toSorted((a, b) => a - b);
}

/**
 * A path is compared as it is written, so how many folders it climbs tells src/layers from src/training/layers:
 * "../layers/x.ts" is the one in src/training/x.ts, the other in src/training/step/x.ts.
 */
function patternsOf({ name, values, types }: Row, { rows, files, depth }: Place): Pattern[] {
  const allowed = [name, ...values, ...types];
  const all = new Set([...entries, ...rows.map((row) => row.name)]);
  const forbidden = [...all].filter((each) => each !== "workers" && !allowed.includes(each));
  const climb = `^(\\./)*${"\\.\\./".repeat(depth)}`;
  const toPath = (each: string) => (isFile(each, files) ? `${each}\\.ts$` : `${each}/`);
  const patterns: Pattern[] = [
    { group: outside, message: `${name} may not import this: ${table}` },
    {
      regex: `${climb}(${forbidden.map(toPath).join("|")})`,
      message: `${name} may not import this: ${table}`,
    },
  ];
  if (types.length > 0) {
    patterns.push({
      regex: `${climb}(${types.map(toPath).join("|")})`,
      allowTypeImports: true,
      message: `${name} may import only types from here: ${table}`,
    });
  }
  return patterns;
}

function restrict(files: readonly string[], patterns: readonly Pattern[]): Override {
  return { files, rules: { "no-restricted-imports": ["error", { patterns }] } };
}
