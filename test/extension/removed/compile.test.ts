import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { describe, it } from "vitest";
import { packageRoot } from "../../../src/cli/package-root.ts";
import { fieldsOf } from "./fields.ts";
import type { Absence, PartName } from "./fields.ts";
import { parts } from "./parts.ts";

const names = Object.keys(parts) as PartName[];

const programs = names.flatMap((name) =>
  [null, ...Object.keys(fieldsOf[name])].map((field) => ({
    name,
    field,
    file: `${name}-${field ?? "whole"}.ts`,
  })),
);

/** Takes the field away and hands over the rest as what the part is. */
function programOf({ name, field }: (typeof programs)[number], folder: string): string {
  const file = relative(folder, join(packageRoot, "test/extension/parts", `${parts[name].file}.ts`));
  const removed = field === null ? "" : `${field}: _, `;
  return [
    `import { ${name} } from ${JSON.stringify(file)};`,
    `const { ${removed}...rest } = ${name};`,
    `export const part: typeof ${name} = rest;`,
    "",
  ].join("\n");
}

/** The compiler's complaints by the program that they are about. */
function compileAll(): ReadonlyMap<string, readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), "edgeprop-removed-"));
  try {
    for (const program of programs) writeFileSync(join(folder, program.file), programOf(program, folder));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    const config = {
      extends: join(packageRoot, "test/tsconfig.json"),
      compilerOptions: { typeRoots: [join(packageRoot, "node_modules/@types")] },
      include: ["*.ts", join(packageRoot, "src/wasm.d.ts")],
      exclude: [],
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    const tsc = join(packageRoot, "node_modules/.bin/tsc");
    const { stdout } = spawnSync(tsc, ["-p", folder, "--pretty", "false"], { encoding: "utf8", cwd: folder });
    const found = new Map<string, string[]>(programs.map(({ file }) => [file, []]));
    // What is indented goes on with the complaint before it.
    for (const complaint of stdout.split(/\n(?=\S)/).filter((each) => each !== "")) {
      const file = /^([^(]+)\(/.exec(complaint)?.[1] ?? "";
      found.set(file, [...(found.get(file) ?? []), complaint]);
    }
    return found;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("the compiler", () => {
  it(
    "asks for each field that a part cannot do without, by its name, and for no other",
    { timeout: 60_000 },
    ({ expect }) => {
      const complaints = compileAll();
      const known = programs.map(({ file }) => file);
      expect([...complaints.keys()].filter((file) => !known.includes(file))).toEqual([]);
      for (const { name, field, file } of programs) {
        const absences: Readonly<Record<string, Absence>> = fieldsOf[name];
        const isNeeded = field !== null && absences[field] === "type error";
        expect(complaints.get(file), file).toEqual(
          isNeeded ? [expect.stringContaining(`Property '${field}' is missing`)] : [],
        );
      }
    },
  );
});
