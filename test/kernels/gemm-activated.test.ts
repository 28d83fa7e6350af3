import { describe, it } from "vitest";
import { allActivations } from "../../src/activations/index.ts";
import { gemmScratchBytes } from "../../src/runtime/scratch.ts";
import { builds, fillMatrix, kernelArena, untouched } from "../support/kernels.ts";

/** Around tiles of 6, 4 and 1 rows, and where B is packed. */
const rowCounts = [1, 3, 4, 6, 7, 24, 33];
/** Around lanes, tiles and the 128 columns of a block. */
const columnCounts = [1, 7, 8, 9, 127, 128, 129, 257];
/** Around the blocks of 256 terms: only the last one's sums are activated. */
const depths = [1, 255, 256, 257];

describe.for(builds)("%s", (build) => {
  it.for(Object.values(allActivations))(
    "gemmActivated has the bytes of gemm, then $name",
    ({ number }, { expect }) => {
      for (const rows of rowCounts) {
        for (const columns of columnCounts) {
          for (const depth of depths) {
            for (const gap of [0, 3]) {
              const stride = columns + gap;
              const arena = kernelArena(build, {
                a: 4 * rows * depth,
                b: 4 * depth * columns,
                bias: 4 * columns,
                c: 4 * rows * stride,
                fused: 4 * rows * stride,
                scratch: gemmScratchBytes(columns, depth),
              });
              const { kernels } = arena;
              const [a, b, bias] = [arena.at("a"), arena.at("b"), arena.at("bias")];
              fillMatrix(arena.floats("a"), { rows, columns: depth, stride: depth }, 1);
              fillMatrix(arena.floats("b"), { rows: depth, columns, stride: columns }, 2);
              fillMatrix(arena.floats("bias"), { rows: 1, columns, stride: columns }, 3);
              arena.floats("c").fill(untouched);
              arena.floats("fused").fill(untouched);
              const [c, fused] = [arena.at("c"), arena.at("fused")];
              kernels.gemm(rows, columns, depth, a, depth, b, columns, bias, c, stride, arena.at("scratch"));
              for (let row = 0; row < rows; row++) kernels.activate(number, columns, c + 4 * row * stride);
              kernels.gemmActivated(
                rows,
                columns,
                depth,
                a,
                depth,
                b,
                columns,
                bias,
                number,
                fused,
                stride,
                arena.at("scratch"),
              );
              const areSame = Buffer.from(arena.bytes("fused")).equals(arena.bytes("c"));
              expect(areSame, `${rows} x ${columns}, depth ${depth}, gap ${gap}`).toBe(true);
            }
          }
        }
      }
    },
  );
});
