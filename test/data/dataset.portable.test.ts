import { oneHot, splitDataset, toDataset } from "edgeprop";
import type { DatasetParts } from "edgeprop";
import { describe, it } from "vitest";

describe("a dataset of plain lists", () => {
  it("takes one list an example, or all values one after the other", ({ expect }) => {
    const expected = {
      numExamples: 2,
      inputSize: 3,
      inputs: Float32Array.of(1, 2, 3, 4, 5, 6),
      inputScale: 1,
      targets: Int32Array.of(0, 2),
    };
    expect(
      toDataset({
        inputs: [
          [1, 2, 3],
          [4, 5, 6],
        ],
        targets: [0, 2],
      }),
    ).toEqual(expected);
    expect(toDataset({ inputs: [1, 2, 3, 4, 5, 6], targets: [0, 2], inputSize: 3 })).toEqual(expected);
    expect(
      toDataset({
        inputs: [
          [[1], [2], [3]],
          [[4], [5], [6]],
        ],
        targets: [0, 2],
      }),
    ).toEqual(expected);
  });

  it("takes numbers with fractions, and lists, for values", ({ expect }) => {
    const inputs = [[1], [2]];
    expect(toDataset({ inputs, targets: [0.5, 2] }).targets).toEqual(Float32Array.of(0.5, 2));
    expect(
      toDataset({
        inputs,
        targets: [
          [0, 1],
          [1, 0],
        ],
      }).targets,
    ).toEqual(Float32Array.of(0, 1, 1, 0));
    expect(toDataset({ inputs, targets: [2 ** 31, 0] }).targets).toEqual(Float32Array.of(2 ** 31, 0));
  });

  const wrong: readonly [string, DatasetParts, RegExp][] = [
    [
      "rows of different sizes",
      { inputs: [[1, 2], [3]], targets: [0, 1] },
      /inputs\[1\] has 1 values; inputs\[0\] has 2/,
    ],
    [
      "rows beside numbers",
      { inputs: [[1], 2], targets: [0, 1] },
      /inputs\[1\] is no row; inputs\[0\] has 1/,
    ],
    [
      "what is no number",
      { inputs: [[1], ["2" as never]], targets: [0, 1] },
      /inputs\[1\]\[0\] is "2"; expected a number/,
    ],
    [
      "no inputSize",
      { inputs: [1, 2], targets: [0, 1] },
      /inputSize is undefined; expected a positive integer/,
    ],
    [
      "another inputSize",
      { inputs: [[1, 2]], targets: [0], inputSize: 1 },
      /inputs have 2 values per example; inputSize is 1/,
    ],
    [
      "rows of other examples",
      { inputs: [[1], [2]], targets: [[0, 1, 0, 1]] },
      /1 rows of targets for 2 examples/,
    ],
    [
      "targets of other examples",
      { inputs: [[1], [2]], targets: [0, 1, 2] },
      /3 targets do not belong to 2 examples/,
    ],
    [
      "an array of another type",
      { inputs: new Float64Array(2) as never, targets: [0], inputSize: 2 },
      /inputs are of type Float64Array; expected Float32Array or Uint8Array, or plain lists/,
    ],
  ];
  it.for(wrong)("refuses %s", ([, parts, message], { expect }) => {
    expect(() => toDataset(parts)).toThrow(
      expect.objectContaining({ code: "bad-shape", message: expect.stringMatching(message) }),
    );
  });
});

describe("splitDataset", () => {
  const dataset = toDataset({
    inputs: Float32Array.from({ length: 40 }, (_, i) => i),
    targets: Int32Array.from({ length: 20 }, (_, i) => i),
    inputSize: 2,
  });

  it("gives each example to one of the two, by seed", ({ expect }) => {
    const { train, validation } = splitDataset(dataset, { fraction: 0.25, seed: 3 });
    expect([train.numExamples, validation.numExamples]).toEqual([15, 5]);
    const labels = [...train.targets, ...validation.targets];
    expect(labels.toSorted((a, b) => a - b)).toEqual([...dataset.targets]);
    expect(labels).not.toEqual([...dataset.targets]);
    expect([...validation.inputs]).toEqual([...validation.targets].flatMap((i) => [2 * i, 2 * i + 1]));
    expect(splitDataset(dataset, { fraction: 0.25, seed: 3 })).toEqual({ train, validation });
    expect(splitDataset(dataset, { fraction: 0.25, seed: 4 }).validation).not.toEqual(validation);
  });

  it.for([0, 1, -0.5, Number.NaN, 0.01, 0.99])("refuses a fraction of %f", (fraction, { expect }) => {
    expect(() => splitDataset(dataset, { fraction })).toThrow(
      expect.objectContaining({ code: "bad-option" }),
    );
  });
});

describe("oneHot", () => {
  it("is 1 at the label", ({ expect }) => {
    expect(oneHot([2, 0], 3)).toEqual(Float32Array.of(0, 0, 1, 1, 0, 0));
    expect(oneHot(Uint8Array.of(1), 2)).toEqual(Float32Array.of(0, 1));
  });

  it.for([
    [[3], 3],
    [[-1], 3],
    [[0.5], 3],
    [[Number.NaN], 3],
  ] as const)("refuses %j of %i", ([labels, classes], { expect }) => {
    expect(() => oneHot(labels, classes)).toThrow(expect.objectContaining({ code: "bad-label" }));
  });

  it("refuses no classes", ({ expect }) => {
    expect(() => oneHot([0], 0)).toThrow(expect.objectContaining({ code: "bad-option" }));
  });
});
