import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, it } from "vitest";
import { lockState } from "../../src/cli/local/state-lock.ts";

const folder = mkdtempSync(join(tmpdir(), "edgeprop-lock-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("the lock of a state folder", () => {
  it("is refused while the process that holds it lives, which it names", async ({ expect }) => {
    writeFileSync(join(folder, "lock"), String(process.ppid));
    await expect(lockState(folder)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining(`process ${process.ppid}`),
    });
    expect(readdirSync(folder)).toEqual(["lock"]);
  });

  it("is taken over from a process that is gone, and given back", async ({ expect }) => {
    // Above the largest pid that Linux gives.
    writeFileSync(join(folder, "lock"), String(2 ** 30));
    const release = await lockState(folder);
    expect(readFileSync(join(folder, "lock"), "utf8")).toBe(String(process.pid));
    await release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("says that a file is no folder", async ({ expect }) => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    await expect(lockState(file)).rejects.toMatchObject({
      code: "bad-option",
      message: expect.stringContaining(file),
    });
  });
});
