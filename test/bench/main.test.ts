import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it, vi } from "vitest";
import { run as runExchange } from "../../bench/benchmarks/exchange.ts";
import { run as runPaper } from "../../bench/benchmarks/paper.ts";

describe("bench", () => {
  let stderr = "";

  beforeEach(() => {
    stderr = "";
    vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      stderr += String(text);
      return true;
    });
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  it.for([
    { args: ["--epochs", "1"], message: /--rule is missing: one of backprop, .*exact/ },
    { args: ["--rule", "cg4", "--epochs", "1"], message: /Allowed choices are backprop, cg1, cg3/ },
    { args: ["--rule", "cg3"], message: /required option '--epochs <n>' not specified/ },
    { args: ["--rule", "cg3", "--epochs", "0"], message: /Expected a positive integer/ },
    { args: ["--rule", "cg3", "--epochs", "1", "--samples", "45001"], message: /there are: 45000/ },
    { args: ["--rule", "backprop", "--epochs", "1", "--tau", "1"], message: /--tau is for ProxProp/ },
    {
      args: ["--model", "convnet", "--rule", "cg3", "--epochs", "1", "--width", "2"],
      message: /--width is for/,
    },
    { args: ["--table", "--rule", "cg3", "--epochs", "1"], message: /leave out --rule/ },
  ])("refuses paper $args", async ({ args, message }, { expect }) => {
    await expect(runPaper(args)).rejects.toMatchObject({ name: "CommanderError", exitCode: 1 });
    expect(stderr).toMatch(message);
    for (const option of [
      "--model",
      "--rule",
      "--epochs",
      "--samples",
      "--width",
      "--tau",
      "--table",
      "--json",
    ])
      expect(stderr).toContain(option);
  });

  it("refuses an option that a benchmark has not", async ({ expect }) => {
    await expect(runExchange(["--clients", "3"])).rejects.toMatchObject({ exitCode: 1 });
    expect(stderr).toMatch(/bench exchange: unknown option '--clients'/);
  });

  it("names the benchmarks there are", ({ expect }) => {
    const main = join(import.meta.dirname, "../../bench/main.ts");
    const answer = spawnSync(process.execPath, [main, "papr"], { encoding: "utf8" });
    expect(answer.stderr).toMatch(/expected one of against, coldstart, .*paper.*; got papr/);
    expect(answer.status).toBe(1);
  });
});
