import { parseCsv } from "edgeprop/csv";
import type { CsvOptions } from "edgeprop/csv";
import { describe, it } from "vitest";

const animals = `name, weight, colour, legs, kind
"Cat, the first",4.5,black,4,mammal
Tweety,0.02,yellow,2,bird

"two
lines",30,black,4,mammal
`;
const options: CsvOptions = { target: "kind", exclude: ["name"], oneHot: ["colour"] };

describe("parseCsv", () => {
  it("makes inputs of numbers and one-hot columns, and class indices of names", ({ expect }) => {
    expect(parseCsv(animals, options)).toEqual({
      dataset: {
        numExamples: 3,
        inputSize: 4,
        inputs: Float32Array.of(4.5, 1, 0, 4, 0.02, 0, 1, 2, 30, 1, 0, 4),
        inputScale: 1,
        targets: Int32Array.of(1, 0, 1),
      },
      columns: ["weight", "colour=black", "colour=yellow", "legs"],
      classes: ["bird", "mammal"],
      oneHot: { colour: ["black", "yellow"] },
    });
  });

  it("reads validation data like the training data", ({ expect }) => {
    const { classes, oneHot } = parseCsv(animals, options);
    const later = "name,weight,colour,legs,kind\r\nRaven,1.2,black,2,bird\r\n";
    const { dataset } = parseCsv(later, { ...options, classes: classes ?? [], oneHot });
    expect(dataset).toMatchObject({
      inputs: Float32Array.of(Math.fround(1.2), 1, 0, 2),
      targets: Int32Array.of(0),
    });
  });

  it("takes numbers as they are, other delimiters, and columns by index", ({ expect }) => {
    const text = "\uFEFF1;2;0.5\n3;4;1.5\n";
    expect(parseCsv(text, { target: 2, hasHeader: false, delimiter: ";" })).toEqual({
      dataset: {
        numExamples: 2,
        inputSize: 2,
        inputs: Float32Array.of(1, 2, 3, 4),
        inputScale: 1,
        targets: Float32Array.of(0.5, 1.5),
      },
      columns: ["0", "1"],
      classes: null,
      oneHot: {},
    });
    expect(parseCsv("a\tb\n1\t0\n2\t1\n", { target: "b", delimiter: "\t" }).dataset.targets).toEqual(
      Int32Array.of(0, 1),
    );
  });

  const wrong: readonly [string, string, CsvOptions, string, RegExp][] = [
    [
      "a field that is no number",
      animals,
      { target: "kind", oneHot: ["colour"] },
      "bad-file",
      /line 2, column "name" is "Cat, the first"; expected a finite number/,
    ],
    [
      "a field after lines of one",
      `${animals}x,?,black,4,bird`,
      options,
      "bad-file",
      /line 7, column "weight" is "\?"/,
    ],
    [
      "an empty field",
      "a,b\n1,2\n,3\n",
      { target: "b" },
      "bad-file",
      /line 3, column "a" is empty; expected a finite number/,
    ],
    [
      "a target that is no number like the others",
      "a,b\n1,2\n2,x\n",
      { target: "b" },
      "bad-file",
      /line 3, column "b" is "x"/,
    ],
    [
      "a target without a name",
      "a,b\n1,x\n2,\n",
      { target: "b" },
      "bad-file",
      /line 3, column "b" is empty; expected the name of a class/,
    ],
    [
      "an unknown class",
      "a,b\n1,x\n2,z\n",
      { target: "b", classes: ["x", "y"] },
      "bad-label",
      /line 3, column "b" is "z"; expected one of "x", "y"/,
    ],
    [
      "an unknown category",
      "a,b\nu,0\nv,1\n",
      { target: "b", oneHot: { a: ["u"] } },
      "bad-label",
      /line 3, column "a" is "v"; expected one of "u"/,
    ],
    [
      "a line of another length",
      "a,b\n1,2\n1,2,3\n",
      { target: "b" },
      "bad-file",
      /expect 2, got 3 on line 3/,
    ],
    ["a quote that does not close", 'a,b\n1,"2\n', { target: "b" }, "bad-file", /Quote Not Closed.*line 2/],
    ["no text", "", { target: "b" }, "bad-file", /no examples/],
    ["a header alone", "a,b\n", { target: "b" }, "bad-file", /no examples below its header/],
    ["two columns of one name", "a,a\n1,2\n", { target: "a" }, "bad-file", /two columns are named "a"/],
    ["an unknown target", "a,b\n1,2\n", { target: "c" }, "bad-option", /target is "c"; the columns are a, b/],
    ["an unknown index", "a,b\n1,2\n", { target: 2 }, "bad-option", /target is 2; the columns are a, b/],
    ["no inputs", "a,b\n1,2\n", { target: "b", exclude: ["a"] }, "bad-option", /no column is left/],
  ];
  it.for(wrong)("refuses %s, and says where", ([, text, chosen, code, message], { expect }) => {
    expect(() => parseCsv(text, chosen)).toThrow(
      expect.objectContaining({ name: "EdgepropError", code, message: expect.stringMatching(message) }),
    );
  });
});
