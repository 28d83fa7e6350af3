import { readFileSync } from "node:fs";
import { it } from "vitest";
import * as planned from "../../src/runtime/scratch.ts";

/** The kernels' own sums, which no build that a device carries exports. */
function loadScratchSizes(): Record<string, (...sizes: readonly number[]) => number> {
  const file = new URL("../../.build/kernels/scratch-sizes.wasm", import.meta.url);
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)), {
    env: { memory },
  });
  return exports as unknown as Record<string, (...sizes: readonly number[]) => number>;
}

/** Around lanes, panels of 4 and 8, blocks of 64, 128 and 256, and one large. */
const sizes = [0, 1, 3, 4, 5, 8, 9, 63, 64, 65, 127, 128, 129, 255, 256, 257, 4000];

it("the memory plan gives the kernels as much scratch as they need", ({ expect }) => {
  const needed = loadScratchSizes();
  for (const size of sizes) {
    expect(planned.conjugateGradientsWorkBytes(size)).toBe(needed["conjugateGradientsWorkBytes"]?.(size));
    for (const other of sizes) {
      const of = `${size}, ${other}`;
      expect(planned.gemmScratchBytes(size, other), of).toBe(needed["gemmScratchBytes"]?.(size, other));
      expect(planned.gramScratchBytes(size, other), of).toBe(needed["gramScratchBytes"]?.(size, other));
      expect(planned.dualFilterWorkBytes(size, other), of).toBe(needed["dualFilterWorkBytes"]?.(size, other));
    }
  }
});
