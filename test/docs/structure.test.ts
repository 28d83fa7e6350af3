import { posix } from "node:path";
import { describe, it } from "vitest";
import { mayImport, readImportTable } from "../../scripts/import-table.ts";
import type { Row } from "../../scripts/import-table.ts";
import { filesUnder } from "../support/pages/files.ts";
import { importsOf, parseImports } from "../support/pages/imports.ts";
import type { Import } from "../support/pages/imports.ts";

const largestFolder = 15;

/** What people write side by side: not results and vectors, nor what a command of package.json makes. */
function isCounted(file: string): boolean {
  if (/\.(json|svg)$/.test(file) || file.endsWith("/.npmrc")) return false;
  return !/^src\/wasm\/|^workers\/(.*\/env|runtime)\.d\.ts$/.test(file);
}

describe("a folder", () => {
  const counts = new Map<string, number>();
  for (const file of ["src", "workers", "bench", "scripts", "test"].flatMap((top) => filesUnder(top))) {
    const folder = posix.dirname(file);
    if (isCounted(file)) counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  const tooLarge = [...counts].filter(([, count]) => count > largestFolder).map(([folder]) => folder);

  it(`has at most ${largestFolder} files side by side`, ({ expect }) => {
    expect(tooLarge).toEqual([]);
  });
});

const files = ["src", "workers"]
  .flatMap((top) => filesUnder(top, ".ts"))
  .filter((file) => !file.endsWith(".d.ts"));
const imports = new Map(files.map((file) => [file, importsOf(file)]));

/** The files of a cycle in the order of their imports, or null; types count. */
function findCycle(graph: ReadonlyMap<string, readonly Import[]>): string[] | null {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | null => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return null;
    path.push(file);
    for (const { target } of graph.get(file) ?? []) {
      const cycle = target === null ? null : visit(target);
      if (cycle !== null) return cycle;
    }
    path.pop();
    done.add(file);
    return null;
  };
  for (const file of graph.keys()) {
    const cycle = visit(file);
    if (cycle !== null) return cycle;
  }
  return null;
}

describe("imports", () => {
  it("lead to files that exist", ({ expect }) => {
    const known = new Set(files);
    const lost = [...imports].flatMap(([file, list]) =>
      list.flatMap(({ target, specifier }) =>
        target === null || known.has(target) || !target.endsWith(".ts") ? [] : [`${file}: ${specifier}`],
      ),
    );
    expect(lost).toEqual([]);
  });

  it("have no cycle", ({ expect }) => {
    expect(findCycle(imports)).toBeNull();
  });

  it("are found in every form, and so is a cycle of types", ({ expect }) => {
    const text =
      'import {\n  x,\n} from "./b.ts";\nimport "./c.ts";\nexport type { Y } from "../d.ts";\nconst z = await import("e");\n';
    expect(parseImports("src/a/a.ts", text)).toEqual([
      { specifier: "./b.ts", target: "src/a/b.ts", isType: false },
      { specifier: "../d.ts", target: "src/d.ts", isType: true },
      { specifier: "./c.ts", target: "src/a/c.ts", isType: false },
      { specifier: "e", target: null, isType: false },
    ]);
    const graph = new Map([
      ["src/a.ts", parseImports("src/a.ts", 'import { b } from "./b.ts";')],
      ["src/b.ts", parseImports("src/b.ts", 'import type { A } from "./a.ts";')],
    ]);
    expect(findCycle(graph)).toEqual(["src/a.ts", "src/b.ts", "src/a.ts"]);
  });
});

/** The row that a file falls under: its folder's, or its own for a file in src itself. */
function rowOf(file: string): string {
  const [top = "", name = ""] = file.split("/");
  return top === "workers" ? "workers" : name.replace(/\.ts$/, "");
}

function isEntry(file: string): boolean {
  return /^src\/(\w+\/)?(node|workerd|browser)\.ts$/.test(file);
}

/** What speaks against an import by the table, or null. */
function objectionTo(
  rows: readonly Row[],
  file: string,
  { specifier, target, isType }: Import,
): string | null {
  const from = rowOf(file);
  const row = rows.find(({ name }) => name === from);
  if (target === null) {
    if (row === undefined || row.isForEverything || specifier.startsWith("node:")) return null;
    const isListed = row.packages.some((name) =>
      name.endsWith("*") ? specifier.startsWith(name.slice(0, -1)) : `${specifier}/`.startsWith(`${name}/`),
    );
    return isListed ? null : `${row.name} does not name the package`;
  }
  const to = rowOf(target);
  if (to === "workers" && from !== "workers") return "src imports no Worker";
  if (to === "cli" && from !== "cli") return "nothing imports the command line";
  if (isEntry(file) && (isEntry(target) || to === "wasm")) return null;
  if (!mayImport(rows, { from, to, isType }))
    return `${from} may not import ${isType ? "types of " : ""}${to}`;
  const isThroughIndex = to === from || /^src\/(\w+|\w+\/(index|node))\.ts$/.test(target);
  return row?.isForEverything === true && !isThroughIndex
    ? `${from} imports ${to} through its index.ts`
    : null;
}

describe("the table Who may import whom", () => {
  const rows = readImportTable();

  it("is kept by every import, of any form and at any depth", ({ expect }) => {
    const objections = [...imports].flatMap(([file, list]) =>
      list.flatMap((each) => {
        const objection = objectionTo(rows, file, each);
        return objection === null ? [] : [`${file}: "${each.specifier}": ${objection}`];
      }),
    );
    expect(objections).toEqual([]);
  });

  it.for([
    ["src/model/x/y.ts", 'import { z } from "../../training/index.ts";'],
    ["src/runtime/x.ts", 'import { z } from "../runtime/../federated/y.ts";'],
    ["src/frames/x.ts", 'import { z } from "../model/index.ts";'],
    ["src/federated/x.ts", 'import { Hono } from "hono";'],
    ["src/training/x.ts", 'import { z } from "../node.ts";'],
    ["src/layers/x.ts", 'import { z } from "../public.ts";'],
    ["src/public.ts", 'import { z } from "./index.ts";'],
    ["src/node.ts", 'import { z } from "./cli/options.ts";'],
    ["src/cli/x.ts", 'import { z } from "../layers/dense.ts";'],
    ["src/cli/x.ts", 'import { z } from "../../workers/trainer/app.ts";'],
    ["workers/trainer/x.ts", 'import { z } from "../../src/layers/dense.ts";'],
  ])("would refuse it that %s says %s", ([file = "", text = ""], { expect }) => {
    const [found] = parseImports(file, text);
    expect(found === undefined ? null : objectionTo(rows, file, found)).not.toBeNull();
  });
});
