import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "edgeprop-vectors-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("npm run vectors", () => {
  it("checks a folder of golden values on WebGPU, and lets the process end", async ({ expect }) => {
    const names = ["backprop-mlp-tanh-mse", "prox-exact-last", "trajectory-prox-adam"];
    for (const name of names) cpSync(join(root, `test/vectors/${name}.json`), join(folder, `${name}.json`));
    const args = [join(root, "scripts/vectors.ts"), folder, "--backend", "webgpu", "--json"];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args);
    expect(JSON.parse(stdout)).toMatchObject({
      cases: names.map((name) => ({ name, status: "passed" })),
      failed: 0,
    });
    expect(stderr).toMatch(/^WebGPU on \S/);
  });
});
