import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, lstatSync } from "node:fs";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, it, vi } from "vitest";
import { alternate } from "../../bench/against/alternate.ts";
import type { SideName } from "../../bench/against/alternate.ts";
import { byteCases } from "../../bench/against/cases.ts";
import { checkOut, resolveCommit } from "../../bench/against/checkout.ts";
import { compare } from "../../bench/against/comparison.ts";
import type { Pair } from "../../bench/against/comparison.ts";
import { toPairs } from "../../bench/against/result.ts";
import { findMismatches } from "../../bench/against/same-bytes.ts";
import { buildPrograms } from "../../bench/against/sides.ts";
import { run } from "../../bench/benchmarks/against.ts";
import { ownCheckout } from "../../bench/runtimes/bundle.ts";

let folder = "";

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "edgeprop-test-")));
});

afterAll(() => rm(folder, { recursive: true }));

describe("the options of bench against", () => {
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
    { args: [], message: /missing required argument 'commit'/ },
    { args: ["HEAD"], message: /missing required argument 'subject'/ },
    { args: ["HEAD", "stepp"], message: /Allowed choices are step, prox, coldstart, embedded/ },
    { args: ["HEAD", "step", "prox"], message: /too many arguments/ },
    { args: ["HEAD", "step", "--runs", "0"], message: /Expected a positive integer/ },
    { args: ["no-such-commit", "step"], message: /no-such-commit is no commit of this repository/ },
    { args: ["--", "--output=x", "step"], message: /--output=x is no commit of this repository/ },
  ])("refuses $args", async ({ args, message }, { expect }) => {
    await expect(run(args)).rejects.toMatchObject({ name: "CommanderError", exitCode: 1 });
    expect(stderr).toMatch(message);
    expect(stderr).toContain("--runs");
  });
});

describe("alternate", () => {
  it("takes A B B A, then B A A B, and keeps the sides apart", async ({ expect }) => {
    const order: SideName[] = [];
    const rounds = await alternate((side) => {
      order.push(side);
      return Promise.resolve(`${side}-${order.length}`);
    }, 2);
    expect(order).toEqual(["old", "new", "new", "old", "new", "old", "old", "new"]);
    expect(rounds).toEqual([
      { old: ["old-1", "old-4"], new: ["new-2", "new-3"] },
      { old: ["old-6", "old-7"], new: ["new-5", "new-8"] },
    ]);
  });

  it("cancels a steady drift: the machine slows down, the sides are the same", async ({ expect }) => {
    let window = 0;
    const rounds = await alternate(() => Promise.resolve(100 + window++), 4);
    for (const pair of toPairs(rounds, (ms) => ms)) expect(pair.new).toBe(pair.old);
  });

  it("leaves out a round in which a window has no figure", ({ expect }) => {
    const rounds = [
      { old: [1, 3], new: [4, 8] },
      { old: [1, 0], new: [1, 1] },
    ] as const;
    expect(toPairs(rounds, (value) => (value === 0 ? null : value))).toEqual([{ old: 2, new: 6 }]);
  });
});

describe("compare", () => {
  const runOf = (ratios: readonly number[]): Pair[] => ratios.map((ratio) => ({ old: 2, new: 2 * ratio }));
  const around = (middle: number): Pair[] =>
    runOf(Array.from({ length: 21 }, (_, index) => middle + (index - 10) / 100));

  it("gives medians, the ratio's quartiles and how many pairs there were", ({ expect }) => {
    const found = compare([runOf([0.9, 1, 1.1]), runOf([1.2, 1.3])], "time");
    expect(found).toMatchObject({ old: 2, new: 2.2, ratio: 1.1, quartiles: [1, 1.2], pairs: 5 });
  });

  it.for([
    { what: "the same", runs: [around(1), around(1)], verdict: "within noise" },
    { what: "slower", runs: [around(1.2), around(1.25)], verdict: "slower by 22.5 %" },
    { what: "faster", runs: [around(0.8), around(0.8)], verdict: "faster by 20.0 %" },
    { what: "less than two per cent", runs: [runOf(Array(20).fill(1.019))], verdict: "within noise" },
    {
      what: "a run that says otherwise",
      runs: [around(1.2), around(1.2), around(0.99)],
      verdict: "within noise",
    },
    { what: "a wide spread over both sides of 1", runs: [around(1.02)], verdict: "within noise" },
    { what: "five pairs", runs: [runOf([2, 2, 2, 2, 2])], verdict: "too few pairs to tell" },
    {
      what: "a figure that is not finite",
      runs: [runOf(Array(6).fill(Number.NaN))],
      verdict: "not measured",
    },
  ])("says of $what: $verdict", ({ runs, verdict }, { expect }) => {
    expect(compare(runs, "time").verdict).toBe(verdict);
  });

  it("calls bytes larger and smaller", ({ expect }) => {
    expect(compare([around(1.2)], "bytes").verdict).toBe("larger by 20.0 %");
    expect(compare([around(0.8)], "bytes").verdict).toBe("smaller by 20.0 %");
  });
});

describe("a checkout of another commit", () => {
  let repository = "";
  const git = (...args: string[]): string =>
    execFileSync("git", ["-c", "user.name=test", "-c", "user.email=test@localhost", ...args], {
      cwd: repository,
      encoding: "utf8",
      stdio: "pipe",
    });
  const lockfile = (version: string): string =>
    JSON.stringify({
      name: "small",
      version,
      lockfileVersion: 3,
      packages: { "": { name: "small", version } },
    });

  /** A repository whose "kernels" are one file, with node_modules of its own. */
  beforeAll(async () => {
    repository = join(folder, "repository");
    await mkdir(join(repository, "node_modules"), { recursive: true });
    const build = `node -e "fs.writeFileSync('kernels', process.cwd())"`;
    const scripts = { "build:kernels": build };
    await writeFile(
      join(repository, "package.json"),
      JSON.stringify({ name: "small", version: "1.0.0", scripts }),
    );
    await writeFile(join(repository, "package-lock.json"), lockfile("1.0.0"));
    await writeFile(join(repository, ".gitignore"), "node_modules\nkernels\n");
    git("init", "--quiet");
    git("add", ".");
    git("commit", "--quiet", "-m", "First");
  });

  it("lies in a worktree of its own, shares the packages, has kernels, and leaves nothing", async ({
    expect,
  }) => {
    const head = git("rev-parse", "HEAD").trim();
    expect(await resolveCommit(repository, "HEAD")).toBe(head);
    await writeFile(join(repository, "uncommitted"), "");
    const checkout = await checkOut(repository, head);
    expect(existsSync(join(checkout.tree, "kernels"))).toBe(true);
    expect(existsSync(join(checkout.tree, "uncommitted"))).toBe(false);
    expect(await realpath(join(checkout.tree, "node_modules"))).toBe(join(repository, "node_modules"));
    checkout.remove();
    expect(existsSync(checkout.folder)).toBe(false);
    expect(existsSync(join(repository, "node_modules"))).toBe(true);
    expect(git("worktree", "list").trim().split("\n")).toHaveLength(1);
  });

  it(
    "gets packages of its own where the lockfile is another one",
    { timeout: 60_000 },
    async ({ expect }) => {
      await writeFile(join(repository, "package-lock.json"), lockfile("1.0.1"));
      const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
      const checkout = await checkOut(repository, "HEAD").finally(() => {
        stderr.mockRestore();
        git("checkout", "--quiet", "package-lock.json");
      });
      const packages = join(checkout.tree, "node_modules");
      expect(!existsSync(packages) || !lstatSync(packages).isSymbolicLink()).toBe(true);
      checkout.remove();
    },
  );

  it("is removed where its kernels cannot be built", async ({ expect }) => {
    const before = git("worktree", "list");
    git("checkout", "--quiet", "-b", "broken");
    await writeFile(join(repository, "package.json"), JSON.stringify({ name: "small", version: "1.0.0" }));
    git("commit", "--quiet", "-am", "Without kernels");
    const broken = git("rev-parse", "HEAD").trim();
    git("checkout", "--quiet", "-");
    await expect(checkOut(repository, broken)).rejects.toMatchObject({
      code: "missing-data",
      message: expect.stringContaining("npm run --silent build:kernels ended with"),
    });
    expect(git("worktree", "list")).toBe(before);
  });

  it("is removed after Ctrl-C", async ({ expect }) => {
    const module = join(ownCheckout, "bench/against/checkout.ts");
    const program = `
      const { checkOut } = await import(${JSON.stringify(module)});
      const { folder } = await checkOut(${JSON.stringify(repository)}, "HEAD");
      process.stdout.write(folder);
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--no-warnings", "--input-type=module", "-e", program]);
    const [data] = (await once(child.stdout, "data")) as [Buffer];
    expect(existsSync(data.toString())).toBe(true);
    child.kill("SIGINT");
    const [status] = (await once(child, "exit")) as [number | null];
    expect(status).toBe(130);
    expect(existsSync(data.toString())).toBe(false);
    expect(git("worktree", "list").trim().split("\n")).toHaveLength(1);
  });
});

describe("the bytes of both sides", () => {
  it("are the same for this tree held against itself", { timeout: 60_000 }, async ({ expect }) => {
    const programs = await buildPrograms({ old: ownCheckout, new: ownCheckout }, join(folder, "same"));
    expect(await findMismatches(programs, byteCases)).toEqual([]);
    const answers = join(folder, "complains.mjs");
    await writeFile(answers, answering('{ "error": "nothing here" }'));
    const mismatches = await findMismatches({ ...programs, old: answers }, byteCases.slice(0, 1));
    expect(mismatches).toMatchObject([
      { old: "error: nothing here", new: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
  });

  it("are not taken for the same where both sides fail", async ({ expect }) => {
    const complains = join(folder, "complain.mjs");
    await writeFile(complains, answering('{ "error": "nothing here" }'));
    const programs = { old: complains, new: complains };
    expect(await findMismatches(programs, byteCases.slice(0, 1))).toHaveLength(1);
  });

  it("names each case for which they differ", async ({ expect }) => {
    const [old, current] = [join(folder, "old.mjs"), join(folder, "new.mjs")];
    await writeFile(old, answering('{ "params": "abc" }'));
    await writeFile(current, answering('{ "params": "abd" }'));
    expect(await findMismatches({ old, new: current }, byteCases.slice(2, 4))).toEqual(
      byteCases.slice(2, 4).map(({ name }) => ({ name, old: "abc", new: "abd" })),
    );
  });

  it("cannot be had of a tree that lacks what the program imports", async ({ expect }) => {
    const tree = join(folder, "poor");
    await mkdir(join(tree, "src"), { recursive: true });
    const exports = { ".": { default: { default: "./dist/node.js" } } };
    await writeFile(join(tree, "package.json"), JSON.stringify({ exports }));
    await writeFile(join(tree, "src/node.ts"), "export const createTrainer = null;");
    await expect(
      buildPrograms({ old: tree, new: ownCheckout }, join(folder, "poorly")),
    ).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringMatching(/the old side cannot be bundled.*No matching export/s),
    });
  });
});

/** A program that answers every line alike. */
function answering(line: string): string {
  return `for await (const _ of (await import("node:readline")).createInterface({ input: process.stdin })) console.log(${JSON.stringify(line)});`;
}
