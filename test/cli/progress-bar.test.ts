import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { it } from "vitest";
import { packageRoot } from "../../src/cli/package-root.ts";

const program = `
  import { createProgressBar } from ${JSON.stringify(join(packageRoot, "src/cli/progress-bar.ts"))};
  process.stderr.isTTY = process.argv.includes("terminal");
  const bar = createProgressBar();
  bar.show({ label: "training", done: 1, total: 4, unit: "updates" });
  bar.print("a line");
  bar.show({ label: "evaluating", done: 2, total: 2, unit: "rounds" });
  bar.stop();
  bar.print("the end");
`;

function run(...args: string[]): { stdout: string; stderr: string } {
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program, ...args], {
    encoding: "utf8",
  });
  return { stdout, stderr };
}

it("a bar is silent where there is no terminal", ({ expect }) => {
  expect(run()).toEqual({ stdout: "a line\nthe end\n", stderr: "" });
});

it("a bar goes to standard error and leaves standard output to the lines", ({ expect }) => {
  const { stdout, stderr } = run("terminal");
  expect(stdout).toBe("a line\nthe end\n");
  expect(stderr).toContain("of 4 updates");
});
