import { applyNormalization, createRandom, rescale, standardize, toDataset } from "edgeprop";
import { describe, it } from "vitest";

const random = createRandom(1, "normalize");
/** The last of three values is the same in all examples. */
const dataset = toDataset({
  inputs: Float32Array.from({ length: 60 }, (_, i) =>
    i % 3 === 2 ? 0.1 : (i % 3) * 1000 + random.uniform(),
  ),
  targets: new Int32Array(20),
  inputSize: 3,
});

function columns({ inputs }: { inputs: ArrayLike<number> }): number[][] {
  return [0, 1, 2].map((column) =>
    Array.from({ length: 20 }, (_, row) => inputs[3 * row + column] ?? Number.NaN),
  );
}

const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

describe("standardize", () => {
  it("gives every value mean 0 and deviation 1, a constant one 0", ({ expect }) => {
    const found = standardize(dataset);
    const [first = [], second = [], constant = []] = columns(found.dataset);
    for (const values of [first, second]) {
      // Values around 1000 have 4 digits after the point in float32, and a spread of 0.3.
      expect(mean(values)).toBeCloseTo(0, 3);
      expect(mean(values.map((x) => x * x))).toBeCloseTo(1, 3);
    }
    expect(constant.every((x) => x === 0)).toBe(true);
    expect(found.dataset).toMatchObject({
      numExamples: 20,
      inputSize: 3,
      inputScale: 1,
      targets: dataset.targets,
    });
    expect(found.normalization.shift[0]).toBeCloseTo(mean(columns(dataset)[0] ?? []), 12);
    expect(JSON.parse(JSON.stringify(found.normalization))).toEqual(found.normalization);
  });
});

describe("rescale", () => {
  it("gives every value a range of 0 to 1, a constant one 0", ({ expect }) => {
    const [first = [], second = [], constant = []] = columns(rescale(dataset).dataset);
    for (const values of [first, second]) expect([Math.min(...values), Math.max(...values)]).toEqual([0, 1]);
    expect(constant.every((x) => x === 0)).toBe(true);
  });

  it("reads bytes as the numbers they stand for", ({ expect }) => {
    const bytes = toDataset({ inputs: Uint8Array.of(0, 10, 255, 20), targets: [0, 1], inputSize: 2 });
    const { dataset: found, normalization } = rescale(bytes);
    expect(found).toMatchObject({ inputs: Float32Array.of(0, 0, 1, 1), inputScale: 1 });
    expect(normalization.shift).toEqual([0, 10 / 255]);
  });
});

describe("applyNormalization", () => {
  it("changes other examples, and the inputs of a prediction, by the same numbers", ({ expect }) => {
    const { normalization } = standardize(dataset);
    const other = toDataset({ inputs: dataset.inputs.slice(0, 6), targets: [1, 2], inputSize: 3 });
    const expected = standardize(dataset).dataset.inputs.slice(0, 6);
    expect(applyNormalization(other, normalization)).toEqual({ ...other, inputs: expected });
    const { inputs } = applyNormalization(
      { inputs: other.inputs, inputSize: 3, inputScale: 1 },
      normalization,
    );
    expect(inputs).toEqual(expected);
  });

  it.for([
    ["of other inputs", { shift: [0], scale: [1] }, "bad-shape"],
    ["of no numbers", { shift: [0, 0, "1"], scale: [1, 1, 1] }, "bad-option"],
    ["of nothing", {}, "bad-option"],
  ] as const)("refuses a normalization %s", ([, normalization, code], { expect }) => {
    expect(() => applyNormalization(dataset, normalization as never)).toThrow(
      expect.objectContaining({ code }),
    );
  });
});

it.for([standardize, rescale])(
  "%o refuses examples that are none, or not finite",
  (normalize, { expect }) => {
    const empty = toDataset({ inputs: new Float32Array(0), targets: new Int32Array(0), inputSize: 1 });
    expect(() => normalize(empty)).toThrow(expect.objectContaining({ code: "bad-shape" }));
    const broken = toDataset({
      inputs: [
        [1, 2],
        [3, Number.NaN],
      ],
      targets: [0, 1],
    });
    expect(() => normalize(broken)).toThrow(
      expect.objectContaining({ code: "non-finite", message: expect.stringMatching(/input value 1/) }),
    );
  },
);
