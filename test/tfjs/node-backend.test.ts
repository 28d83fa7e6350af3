import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { loadTfjsBackend } from "edgeprop/tfjs";
import { describe, it } from "vitest";

const root = join(import.meta.dirname, "../..");

/** In a process of its own: Vulkan reads its environment once. */
async function nodeWithout(driver: string, code: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", code], {
    cwd: root,
    env: { ...process.env, VK_DRIVER_FILES: driver },
  });
  return stdout.trim();
}

describe("loadTfjsBackend", () => {
  it("refuses a name that tfjs does not have", async ({ expect }) => {
    await expect(loadTfjsBackend("webgl" as "cpu")).rejects.toMatchObject({
      code: "bad-option",
      message: `the tfjs backend is "webgl"; expected one of "webgpu", "wasm", "cpu"`,
    });
  });

  // Elsewhere WebGPU needs no Vulkan, and there is no taking it away.
  it.runIf(process.platform === "linux")(
    "without an adapter says in one sentence what to install, and ends",
    async ({ expect }) => {
      const code = `
      import { createTfjsTrainer, loadTfjsBackend } from "./src/tfjs/node.ts";
      console.log(await loadTfjsBackend("webgpu").catch(({ code, message }) => code + ": " + message));`;
      const output = await nodeWithout("/nowhere/icd.json", code);
      expect(output).toMatch(
        /^unsupported: there is no WebGPU adapter here; install .*apt-get install chromium.*VK_DRIVER_FILES=/,
      );
      expect(output.split("\n")).toHaveLength(1);
    },
  );

  it("is not needed by the core: importing edgeprop loads no tfjs, importing edgeprop/tfjs does", async ({
    expect,
  }) => {
    const code = `
      import { createRequire } from "node:module";
      const { cache } = createRequire(import.meta.url);
      const hasTfjs = () => Object.keys(cache).some((path) => path.includes("@tensorflow"));
      await import("./src/node.ts");
      const before = hasTfjs();
      await import("./src/tfjs/node.ts");
      console.log(before, hasTfjs());`;
    expect(await nodeWithout("", code)).toBe("false true");
  });
});
