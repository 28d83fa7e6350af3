import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "vitest";
import { packageRoot } from "../../src/cli/package-root.ts";
import { parseImports } from "../support/pages/imports.ts";

const files = globSync(["test/extension/parts/*.ts", "test/extension/{sets,program}.ts"], {
  cwd: packageRoot,
});
const manifest = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as {
  readonly exports: Readonly<Record<string, unknown>>;
};
const entries = Object.keys(manifest.exports).map((entry) => entry.replace(/^\./, "edgeprop"));

describe("the program outside", () => {
  it("imports what the package exports, and nothing of src or workers", ({ expect }) => {
    expect(files.length).toBeGreaterThan(8);
    const others = files.flatMap((file) =>
      parseImports(file, readFileSync(join(packageRoot, file), "utf8"))
        .filter(({ specifier, target }) =>
          target === null ? !entries.includes(specifier) : !/^(test\/extension|examples)\//.test(target),
        )
        .map(({ specifier }) => `${file}: ${specifier}`),
    );
    expect(others).toEqual([]);
  });
});
