import { selectExamples, toDataset } from "edgeprop";
import { sliceExamples } from "edgeprop/data";
import { describe, it } from "vitest";

const parts = { inputs: new Float32Array(8), targets: Int32Array.of(0, 1, 2, 3), inputSize: 2 };
const weights = Float32Array.of(0, 0.5, 1, 2);

describe("the weights of a dataset", () => {
  it("are one an example, or absent", ({ expect }) => {
    expect(toDataset({ ...parts, weights }).weights).toBe(weights);
    expect(toDataset(parts)).not.toHaveProperty("weights");
    expect(() => toDataset({ ...parts, weights: weights.subarray(1) })).toThrow(
      /3 weights for 4 examples; expected a Float32Array of one per example/,
    );
    expect(() => toDataset({ ...parts, weights: [1, 1, 1, 1] as unknown as Float32Array })).toThrow(
      /weights of another type/,
    );
  });

  it("go with their examples when some are selected or cut out", ({ expect }) => {
    const dataset = toDataset({ ...parts, weights });
    expect(selectExamples(dataset, [3, 0, 3])).toMatchObject({
      targets: Int32Array.of(3, 0, 3),
      weights: Float32Array.of(2, 0, 2),
    });
    expect(sliceExamples(dataset, 1, 3)).toMatchObject({
      targets: Int32Array.of(1, 2),
      weights: Float32Array.of(0.5, 1),
    });
    expect(selectExamples(toDataset(parts), [1])).not.toHaveProperty("weights");
    expect(sliceExamples(toDataset(parts), 0, 1)).not.toHaveProperty("weights");
  });
});
