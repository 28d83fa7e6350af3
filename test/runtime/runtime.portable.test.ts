import { loadKernels } from "edgeprop";
import { chooseKernelsBuild, createArena, planBuffers } from "edgeprop/runtime";
import { describe, it } from "vitest";

describe("the arena", () => {
  const plan = planBuffers([
    { name: "a", bytes: 20 },
    { name: "empty", bytes: 0 },
    { name: "b", bytes: 200_000 },
  ]);

  it("keeps its buffers apart, on multiples of 16, zero at first", ({ expect }) => {
    const arena = createArena(loadKernels(), plan);
    expect(arena.at("a") % 16).toBe(0);
    expect(arena.at("b") - arena.at("a")).toBe(32);
    expect(arena.floats("b")).toHaveLength(50_000);
    arena.floats("a").fill(1);
    expect(arena.bytes("b").every((byte) => byte === 0)).toBe(true);
    expect(arena.ints("a")[4]).toBe(0x3f800000);
  });

  it("is one of many: kernels of one write nothing into another", ({ expect }) => {
    const [one, other] = [createArena(loadKernels(), plan), createArena(loadKernels(), plan)];
    one.kernels.uniform(5, 1, 2, 1, 2, one.at("a"));
    expect(one.floats("a").every((value) => value >= 1)).toBe(true);
    expect(other.floats("a").every((value) => value === 0)).toBe(true);
  });

  it("knows only what was planned", ({ expect }) => {
    expect(() => createArena(loadKernels(), plan).at("c")).toThrow(/no buffer "c"/);
  });

  it("that cannot be had says so", ({ expect }) => {
    const huge = planBuffers([{ name: "params", bytes: 2 ** 33 }]);
    expect(() => createArena(loadKernels(), huge)).toThrow(
      expect.objectContaining({ code: "out-of-memory" }),
    );
  });
});

describe("the build", () => {
  it("is simd unless determinism is waived on an engine with relaxed SIMD, as these are", ({ expect }) => {
    expect(chooseKernelsBuild()).toBe("simd");
    expect(chooseKernelsBuild({ deterministic: true })).toBe("simd");
    expect(chooseKernelsBuild({ deterministic: false })).toBe("relaxed-simd");
  });
});
