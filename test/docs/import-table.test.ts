import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it } from "vitest";
import { mayImport, parseImportTable, readImportTable } from "../../scripts/import-table.ts";
import { lintOverrides } from "../../scripts/lint-overrides.ts";
import { expectedLintOverrides, readLintOverrides } from "../../scripts/lint-table.ts";
import { packageRoot } from "../../src/cli/package-root.ts";

function pageOf(table: string): string {
  return `# A page\n\n## Who may import whom\n\nWords.\n\n\`\`\`\n${table}\n\`\`\`\n\n## Habits\n`;
}

describe("the table Who may import whom", () => {
  it("is what the lint configuration holds: else run npm run lint:table", ({ expect }) => {
    expect(readLintOverrides()).toEqual(expectedLintOverrides());
  });

  it("has a row for every folder and file of src, and no row without its own", ({ expect }) => {
    const names = readdirSync(join(packageRoot, "src"), { withFileTypes: true })
      .filter(({ name }) => !/\.(d\.ts|json)$/.test(name))
      .map(({ name }) => name.replace(/\.ts$/, ""));
    const rows = readImportTable().map(({ name }) => name);
    expect(rows.toSorted()).toEqual([...names, "workers"].toSorted());
  });

  it("has arrows that lead up its rows alone", ({ expect }) => {
    const rows = readImportTable();
    const order = rows.map(({ name }) => name);
    const downwards = rows.flatMap(({ name, values, types }, index) =>
      [...values, ...types].filter((each) => order.indexOf(each) > index).map((each) => `${name} -> ${each}`),
    );
    // What the build writes into src/wasm names the addresses of the runtime, which loads it.
    expect(downwards).toEqual(["wasm -> runtime"]);
  });

  it("reads values, types and packages", ({ expect }) => {
    const rows = parseImportTable(
      pageOf(
        "errors -> nothing\na -> errors\nb -> a, types of errors, the packages x/* and y\nc, workers -> everything, through each folder's index.ts",
      ),
    );
    const none = { values: [], types: [], packages: [], isForEverything: false };
    expect(rows).toEqual([
      { ...none, name: "errors" },
      { ...none, name: "a", values: ["errors"] },
      { ...none, name: "b", values: ["a"], types: ["errors"], packages: ["x/*", "y"] },
      { ...none, name: "c", isForEverything: true },
      { ...none, name: "workers", isForEverything: true },
    ]);
    expect(mayImport(rows, { from: "b", to: "a", isType: false })).toBe(true);
    expect(mayImport(rows, { from: "b", to: "errors", isType: false })).toBe(false);
    expect(mayImport(rows, { from: "b", to: "errors", isType: true })).toBe(true);
    expect(mayImport(rows, { from: "a", to: "b", isType: true })).toBe(false);
    expect(mayImport(rows, { from: "c", to: "b", isType: false })).toBe(true);
  });

  it("refuses a name without a row, a row twice and a line of another form", ({ expect }) => {
    expect(() => parseImportTable(pageOf("a -> b"))).toThrow("the row of a names b, which has no row");
    expect(() => parseImportTable(pageOf("a -> nothing\na -> nothing"))).toThrow("more than one row for a");
    expect(() => parseImportTable(pageOf("a: nothing"))).toThrow('the table\'s line is "a: nothing"');
    expect(() => parseImportTable("# A page")).toThrow("there is no fenced table");
  });
});

describe("the lint rules made from a table", () => {
  const rows = parseImportTable(
    pageOf(
      "errors -> nothing\nmodel -> errors\nlayers -> model, errors\ntraining -> errors, types of model\npublic -> model, types of layers\nindex -> public\nnode -> index, training\ncore -> public\ncli, workers -> everything, through each folder's index.ts",
    ),
  );
  /** Each file with its one import, and whether oxlint refuses it. */
  const cases: readonly (readonly [file: string, code: string, isRefused: boolean])[] = [
    ["src/model/up.ts", 'export * from "../training/x.ts";', true],
    ["src/model/entry.ts", 'export * from "../node.ts";', true],
    ["src/model/server.ts", 'export * from "hono";', true],
    ["src/model/fine.ts", 'export * from "../errors.ts";', false],
    ["src/layers/down.ts", 'export * from "../model/x.ts";', false],
    ["src/training/value.ts", 'export * from "../model/x.ts";', true],
    ["src/training/type.ts", 'export type { X } from "../model/x.ts";', false],
    ["src/training/dynamic.ts", 'export const x = import("../layers/x.ts");', true],
    // A folder of training by the name of another row.
    ["src/training/step/own.ts", 'export * from "../layers/x.ts";', false],
    ["src/training/step/other.ts", 'export * from "../../layers/x.ts";', true],
    ["src/training/step/type.ts", 'export type { X } from "../../layers/x.ts";', true],
    ["src/errors.ts", 'export * from "./model/x.ts";', true],
    // Files of src with rows of their own.
    ["src/public.ts", 'export * from "./model/index.ts";\nexport type { X } from "./layers/x.ts";', false],
    ["src/index.ts", 'export * from "./model/index.ts";', true],
    ["src/node.ts", 'export * from "./index.ts";\nexport * from "./training/x.ts";', false],
    ["src/core/index.ts", 'export * from "../public.ts";', false],
    ["src/core/up.ts", 'export * from "../index.ts";', true],
    ["src/layers/public.ts", 'export * from "../public.ts";', true],
    ["src/cli/through.ts", 'export * from "../model/index.ts";', false],
    ["src/cli/entry.ts", 'export * from "../node.ts";', false],
    ["src/cli/inside.ts", 'export * from "../model/x.ts";', true],
    ["workers/through.ts", 'export * from "../src/model/index.ts";', false],
    ["workers/inside.ts", 'export * from "../src/model/x.ts";', true],
    ["src/model/node.ts", 'export * from "../node.ts";', false],
  ];

  it("refuse what it does not name, at every depth", ({ expect }) => {
    const folder = mkdtempSync(join(tmpdir(), "edgeprop-lint-"));
    try {
      const files = cases.map(([file]) => file);
      for (const [file, code] of cases) {
        mkdirSync(join(folder, dirname(file)), { recursive: true });
        writeFileSync(join(folder, file), `${code}\n`);
      }
      const overrides = lintOverrides(rows, files);
      writeFileSync(join(folder, ".oxlintrc.json"), JSON.stringify({ overrides }));
      expect([...refusedIn(folder)].toSorted()).toEqual(
        cases.flatMap(([file, , isRefused]) => (isRefused ? [file] : [])).toSorted(),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  function refusedIn(folder: string): Set<string> {
    const oxlint = join(packageRoot, "node_modules/oxlint/bin/oxlint");
    let output = "";
    try {
      execFileSync(process.execPath, [oxlint, "--format=json"], { cwd: folder, encoding: "utf8" });
    } catch (error) {
      // It ends with 1 when it refuses something.
      output = (error as { readonly stdout: string }).stdout;
    }
    const { diagnostics } = JSON.parse(output) as {
      readonly diagnostics: readonly { readonly code: string; readonly filename: string }[];
    };
    const restricted = diagnostics.filter(({ code }) => code === "eslint(no-restricted-imports)");
    return new Set(restricted.map(({ filename }) => filename));
  }
});
