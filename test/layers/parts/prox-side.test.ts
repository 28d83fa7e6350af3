import { describe, it } from "vitest";
import { choosePatchSide, chooseSide, proxCost } from "../../../src/layers/parts/prox-side.ts";

describe("the side of a prox step", () => {
  it("is the batch's for wide layers and the inputs' for large batches", ({ expect }) => {
    expect(chooseSide({ rows: 32, inputs: 784, outputs: 128 })).toBe("dual");
    expect(chooseSide({ rows: 500, inputs: 3072, outputs: 4000 })).toBe("dual");
    expect(chooseSide({ rows: 512, inputs: 64, outputs: 32 })).toBe("primal");
    expect(chooseSide({ rows: 32 * 1024, inputs: 400, outputs: 20 })).toBe("primal");
  });

  it("with conjugate gradients spares the factorisation, not the products", ({ expect }) => {
    const shape = { rows: 2, inputs: 2, outputs: 1 };
    // dual: 2 (4 x 3 + 4 products of 8) + 12; primal: 2 (9 x 2 + 3 products of 18 + 12).
    expect(proxCost("dual", shape, 3)).toBe(2 * (12 + 4 * 8) + 12);
    expect(proxCost("primal", shape, 3)).toBe(2 * (18 + 3 * 18 + 12));
  });

  it("of a convolution is a sum over blocks: the Gram matrix, or products where few iterations cost less", ({
    expect,
  }) => {
    const shape = { rows: 32 * 256, inputs: 400, outputs: 20 };
    expect(choosePatchSide(shape)).toBe("primal");
    expect(choosePatchSide(shape, 3)).toBe("products");
    expect(choosePatchSide(shape, 50)).toBe("primal");
    // 7 products of 2 x 2 x 3 operations.
    expect(proxCost("products", { rows: 2, inputs: 2, outputs: 1 }, 3)).toBe(7 * 12);
  });

  it("costs what its parts cost", ({ expect }) => {
    // rows 2, inputs 2 (so 3 columns), outputs 1. dual: 2 (4 x 3 + 8 / 3 + 8) + 12; primal: 2 (9 x 2 + 9 + 18 + 12).
    expect(proxCost("dual", { rows: 2, inputs: 2, outputs: 1 })).toBeCloseTo(2 * (12 + 8 / 3 + 8) + 12, 12);
    expect(proxCost("primal", { rows: 2, inputs: 2, outputs: 1 })).toBeCloseTo(2 * (18 + 9 + 18 + 12), 12);
  });
});
