import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "vitest";
import { packageRoot } from "../../src/cli/package-root.ts";
import { prepare } from "../../src/cli/prepare.ts";
import { decodeSafetensors } from "../../src/safetensors/index.ts";
import { freePort } from "../support/processes/ports.ts";

const readme = readFileSync(join(packageRoot, "README.md"), "utf8");
const walkThrough = readFileSync(join(packageRoot, "docs/protocol-by-hand.md"), "utf8");

let folder: string;
beforeAll(async () => {
  await prepare();
  // The examples import the package by its name, that is, what `npm run build` emits.
  execFileSync("npm", ["run", "--silent", "build"], { cwd: packageRoot, stdio: "pipe" });
  folder = mkdtempSync(join(tmpdir(), "edgeprop-readme-"));
  for (const name of ["examples", "node_modules"]) symlinkSync(join(packageRoot, name), join(folder, name));
});
afterAll(() => rmSync(folder, { recursive: true }));

function blocks(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(
    ([, code = ""]) => code,
  );
}

/** Is there a curl? A bare machine may have none; CI installs it. */
function hasCurl(): boolean {
  try {
    execFileSync("curl", ["--version"], { stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
}

describe("the README's example", () => {
  it("is examples/digits/main.ts, and learns", ({ expect }) => {
    const example = readFileSync(join(packageRoot, "examples/digits/main.ts"), "utf8");
    expect(blocks(readme, "ts")).toEqual([example]);
    const output = execFileSync(process.execPath, [join(packageRoot, "examples/digits/main.ts")], {
      encoding: "utf8",
    });
    expect(output).toMatch(/epoch 3: loss \d\.\d+, accuracy (0\.9|1)/);
  });
});

describe("examples/custom-rule", () => {
  it("trains by a rule of its own, and on from a checkpoint", ({ expect }) => {
    const output = execFileSync(process.execPath, [join(packageRoot, "examples/custom-rule/main.ts")], {
      encoding: "utf8",
    });
    expect(output).toMatch(/epoch 3: loss \d\.\d+, accuracy (0\.9|1)/);
    expect(output).toMatch(/epoch 4, restored: accuracy (0\.9|1)/);
  });
});

describe("examples/tfjs-layers-model", () => {
  it.for(["wasm", "cpu"])("trains the user's own model in place, on %s", (backend, { expect }) => {
    const args = [join(packageRoot, "examples/tfjs-layers-model/main.ts"), backend];
    const output = execFileSync(process.execPath, args, { encoding: "utf8" });
    expect(output).toMatch(/epoch 3: loss \d\.\d+, accuracy (0\.9|1)/);
    expect(output).toContain(`on ${backend} the first five are 0, 1, 2, 3, 4`);
  });
});

describe("examples/custom-layer", () => {
  it("learns with a layer of its own", ({ expect }) => {
    const output = execFileSync(process.execPath, [join(packageRoot, "examples/custom-layer/main.ts")], {
      encoding: "utf8",
    });
    expect(output).toMatch(/^accuracy (0\.9|1)/);
  });
});

describe("docs/protocol-by-hand.md", () => {
  it.skipIf(!hasCurl())("works as it stands", { timeout: 60_000 }, async ({ expect }) => {
    const [start = "", ...steps] = blocks(walkThrough, "sh");
    expect(start).toContain("serve --port 8787");
    const port = await freePort();
    // As a person's shell has it, without what npm puts before it for its scripts.
    const path = (process.env["PATH"] ?? "").split(":").filter((entry) => !entry.includes("node_modules"));
    const env = { ...process.env, PATH: path.join(":"), EDGEPROP_ADMIN_TOKEN: "choose-a-long-secret" };
    const args = [
      join(packageRoot, "src/cli/main.ts"),
      "serve",
      "--port",
      String(port),
      "--state",
      join(folder, "state"),
    ];
    const server = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] });
    try {
      await once(server.stdout, "data");
      writeFileSync(join(folder, "steps.sh"), steps.join("\n").replaceAll("8787", String(port)));
      const output = execFileSync("bash", ["-eu", "steps.sh"], { cwd: folder, env, encoding: "utf8" });
      expect(output.match(/\{"status":"accepted"\}/g)).toHaveLength(2);
      expect(output).toContain('"phase":"finished"');
      expect(output).toContain("event: round-closed");
      const model = decodeSafetensors(readFileSync(join(folder, "model.safetensors")));
      expect(model.tensors["layers.1.bias"]?.shape).toEqual([2]);
    } finally {
      server.kill("SIGTERM");
      await once(server, "exit");
    }
  });
});
