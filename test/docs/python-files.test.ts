import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "vitest";
import { packageRoot } from "../../src/cli/package-root.ts";
import { codeOf, programOf } from "../support/pages/page-program.ts";
import { findPython } from "../support/processes/python.ts";

const page = "docs/python-files.md";
const sources: Readonly<Record<string, string>> = {
  edgeprop: "src/node.ts",
  "edgeprop/interop": "src/interop/index.ts",
  "edgeprop/protocol": "src/protocol/index.ts",
  "edgeprop/safetensors": "src/safetensors/index.ts",
};

describe("docs/python-files.md", () => {
  let folder: string;
  let output: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "edgeprop-python-files-"));
    copyFileSync(join(packageRoot, "test/interop/golden/cnn.safetensors"), join(folder, "model.safetensors"));
    writeFileSync(join(folder, "program.mts"), programOf(page, sources));
    output = execFileSync(process.execPath, ["program.mts"], { cwd: folder, encoding: "utf8" });
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  it("is one program, which opens a model and writes it again", ({ expect }) => {
    expect(output).toContain("7.weight F32 [ 4, 36 ]");
    expect(output).toContain("has 0.1 at [1], which float32 cannot hold exactly");
    expect(output).toMatch(/^Int32Array\(1\) \[ [0-3] \]$/m);
    expect(output).toContain(
      "0.weight 0.bias 2.weight 2.bias 2.running_mean 2.running_var 3.weight 3.bias 6.weight",
    );
    expect(output).toContain("2 Float32Array(4) [ 0.5, 1, 1.5, 2 ] Float32Array(2) [ 0.25, 0.75 ]");
  });

  it("has a reader in Python that needs no package", ({ expect, skip }) => {
    const python = findPython() ?? skip("no python3 is on PATH");
    const lines = execFileSync(python, ["-c", codeOf(page, "python")], { cwd: folder, encoding: "utf8" });
    expect(lines).toContain("7.weight [4, 36] ");
    expect(lines.trim().split("\n")).toHaveLength(14);
  });
});
