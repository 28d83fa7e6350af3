import { loadKernels } from "edgeprop";
import { describe, it } from "vitest";
import { bundle } from "../../bench/runtimes/bundle.ts";

/** The kernels that a program calls: minifying keeps their names. */
async function kernelsCalledBy(program: string): Promise<readonly string[]> {
  const { code } = await bundle(program, "browser");
  const text = new TextDecoder().decode(code);
  return WebAssembly.Module.exports(loadKernels())
    .map(({ name }) => name)
    .filter((name) => new RegExp(`[."]${name}\\b`).test(text));
}

/** Kernels that only other layers and optimizers call. */
const ofOthers = ["im2col", "maxPool2d", "normalizeChannels", "layerNorm", "gatherRows", "adam", "rmsprop"];

describe("a program that names two layers and one optimizer by edgeprop/core", () => {
  it("carries no other's code", { timeout: 30_000 }, async ({ expect }) => {
    const called = await kernelsCalledBy("device-two-layers.ts");
    expect(called).toEqual(expect.arrayContaining(["gemm", "dropout", "sgd"]));
    expect(called.filter((name) => ofOthers.includes(name))).toEqual([]);
    expect(await kernelsCalledBy("device-full.ts")).toEqual(expect.arrayContaining(ofOthers));
  });
});
