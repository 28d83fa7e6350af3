import { existsSync, globSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, it } from "vitest";
import { packageRoot } from "../../src/cli/package-root.ts";
import { filesUnder, readText } from "../support/pages/files.ts";
import { importsOf } from "../support/pages/imports.ts";

const page = readText("CONTRIBUTING.md");
const tops = ["src", "workers", "test", "bench", "scripts", "examples", "docs", ".ci"];
const names = new Set(tops.flatMap((top) => filesUnder(top).map((file) => basename(file))));

/** `src/kernels/<room>/<file>.ts` and `*.portable.test.ts` name any file of that form; `losses.ts` one in some folder. */
function exists(path: string): boolean {
  if (path.includes("<") || path.includes("*")) {
    const pattern = path.replaceAll(/<\w+>/g, "*");
    return globSync([pattern, `{${tops.join(",")}}/**/${pattern}`], { cwd: packageRoot }).length > 0;
  }
  return existsSync(join(packageRoot, path)) || names.has(path);
}

/** Whether something in backticks looks like a file or folder of this repository. */
function isPath(text: string): boolean {
  if (text.includes(" ")) return false;
  return tops.some((top) => text.startsWith(`${top}/`)) || /^[\w.*<>-]+\.(ts|json|toml|md|wasm)$/.test(text);
}

interface Step {
  readonly from: string;
  readonly to: string;
  /** As what `from` gets to `to` where it does not import it; null where it must. */
  readonly handedOverAs: string | null;
}

function stepsOf(walk: string): Step[] {
  const places = walk.split("→").map((text) => {
    const [, handedOverAs = null] = /^ \(handed over as `([^`]+)`/.exec(text) ?? [];
    const paths = [...text.matchAll(/`([^`]+)`/g)]
      .map(([, path = ""]) => path)
      .filter((path) => path.includes("/"));
    return { path: paths[0], handedOverAs };
  });
  return places.slice(1).flatMap(({ path: to, handedOverAs }, index) => {
    const from = places[index]?.path;
    return from === undefined || to === undefined ? [] : [{ from, to, handedOverAs }];
  });
}

function filesOf(path: string): string[] {
  return path.endsWith(".ts") ? [path] : filesUnder(path, ".ts");
}

/** What a file imports, and what the index files and entries among that pass on. */
function reachOf(file: string): Set<string> {
  const reached = new Set<string>();
  const open = [file];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const { target } of importsOf(next)) {
      if (target === null || reached.has(target)) continue;
      reached.add(target);
      if (/(^|\/)(index|node|workerd|browser)\.ts$/.test(target)) open.push(target);
    }
  }
  return reached;
}

describe("CONTRIBUTING.md", () => {
  const quoted = [...page.replaceAll(/^```\n.*?^```$/gms, "").matchAll(/`([^`\n]+)`/g)];
  const paths = [...new Set(quoted.map(([, text = ""]) => text).filter(isPath))];

  it("names files and folders that exist", ({ expect }) => {
    expect(paths.length).toBeGreaterThan(40);
    expect(paths.filter((path) => !exists(path))).toEqual([]);
    expect(["src/no-such-file.ts", "no-such-file.ts", "src/no-such-<name>.ts"].filter(exists)).toEqual([]);
  });

  const section = /^## The way through the house\n(.*?)^## /ms.exec(page)?.[1] ?? "";
  const walks = section.split("\n").filter((line) => line.startsWith("- "));

  it("leads through the house in walks", ({ expect }) => {
    expect(walks.length).toBeGreaterThanOrEqual(2);
    for (const walk of walks) expect(stepsOf(walk).length, walk).toBeGreaterThan(2);
  });

  it.for(walks.flatMap(stepsOf))("walks from $from to $to", ({ from, to, handedOverAs }, { expect }) => {
    const starts = filesOf(from);
    const ends = filesOf(to);
    expect(ends).not.toEqual([]);
    if (handedOverAs === null) {
      const isImported = starts.some((start) => ends.some((end) => reachOf(start).has(end)));
      expect(isImported, `${from} imports ${to}`).toBe(true);
    } else {
      const isNamed = starts.some((start) => readText(start).includes(handedOverAs));
      expect(isNamed, `${from} names ${handedOverAs}`).toBe(true);
    }
  });
});
