import { readFile } from "node:fs/promises";
import { describe, it } from "vitest";
import { builds } from "../support/kernels.ts";
import { innermostLoops } from "../support/wasm-loops.ts";
import type { InnermostLoop } from "../support/wasm-loops.ts";

/** Arithmetic on lanes: what makes a loop a hot one. A loop of calls, one a tile, has none. */
function isHot(loop: InnermostLoop): boolean {
  return [...loop.keys()].some((name) => /^f(32x4|64x2)\.(relaxed_n?madd|mul|add|sub|max|div)$/.test(name));
}

function find(loop: InnermostLoop, pattern: RegExp): string[] {
  return [...loop.keys()].filter((name) => pattern.test(name));
}

describe.for(builds)("the release build %s", (build) => {
  async function loopsOf(): Promise<InnermostLoop[]> {
    const file = new URL(`../../src/wasm/${build}.wasm`, import.meta.url);
    return innermostLoops(await readFile(file)).filter(isHot);
  }

  it("calls nothing in a hot loop", async ({ expect }) => {
    for (const loop of await loopsOf()) expect(find(loop, /^(return_)?call/)).toEqual([]);
  });

  it("leaves no check of bounds in a hot loop: nothing there traps or grows memory", async ({ expect }) => {
    for (const loop of await loopsOf()) expect(find(loop, /^(unreachable|throw|memory\..*)$/)).toEqual([]);
  });

  it("keeps the sums of every register tile in the loop: 12, 8 and 2 of them", async ({ expect }) => {
    const sum = build === "simd" ? "f32x4.mul" : "f32x4.relaxed_madd";
    const sums = (await loopsOf()).map((loop) => loop.get(sum) ?? 0);
    expect(sums).toEqual(expect.arrayContaining([12, 8, 2]));
  });
});
