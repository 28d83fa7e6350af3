import { loadKernels } from "../../src/node.ts";
import { createArena, planBuffers } from "../../src/runtime/index.ts";
import { gemmScratchBytes } from "../../src/runtime/scratch.ts";
import type { CreateProductPeer } from "./tasks.ts";

/** The kernels by themselves, on an arena. */
export const createEdgepropProduct: CreateProductPeer = ({ form, m, n, k, a, b }) => {
  const plan = planBuffers([
    { name: "a", bytes: 4 * m * k },
    { name: "b", bytes: 4 * k * n },
    { name: "c", bytes: 4 * m * n },
    { name: "scratch", bytes: gemmScratchBytes(n, k) },
  ]);
  const arena = createArena(loadKernels({ deterministic: false }), plan);
  const { kernels } = arena;
  arena.floats("a").set(a);
  arena.floats("b").set(b);
  const [aAt, bAt, cAt, scratchAt] = [arena.at("a"), arena.at("b"), arena.at("c"), arena.at("scratch")];
  const run = {
    AB: () => kernels.gemm(m, n, k, aAt, k, bAt, n, 0, cAt, n, scratchAt),
    ATB: () => kernels.gemmTransposedA(m, n, k, aAt, m, bAt, n, 0, cAt, n, scratchAt),
    ABT: () => kernels.gemmTransposedB(m, n, k, aAt, k, bAt, k, 0, cAt, n, scratchAt),
  }[form];
  return { run, read: () => arena.floats("c") };
};
