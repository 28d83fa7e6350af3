import { dense, paramsLayout, parseModelSpec, sequential } from "edgeprop";
import { describe, it } from "vitest";

describe("a model", () => {
  it("survives JSON", ({ expect }) => {
    const model = sequential({ input: [784] }, [dense(128, { activation: "relu" }), dense(10)]);
    expect(parseModelSpec(JSON.parse(JSON.stringify(model)))).toEqual(model);
  });

  it("lays its params out layer by layer, weights (in, out) before bias", ({ expect }) => {
    expect(paramsLayout(sequential({ input: [3] }, [dense(4), dense(2)]))).toEqual([
      { name: "layers.0.weights", shape: [3, 4], offset: 0, length: 12 },
      { name: "layers.0.bias", shape: [4], offset: 12, length: 4 },
      { name: "layers.1.weights", shape: [4, 2], offset: 16, length: 8 },
      { name: "layers.1.bias", shape: [2], offset: 24, length: 2 },
    ]);
  });

  it("is linear where no activation is given", ({ expect }) => {
    expect(parseModelSpec({ input: [1], layers: [{ type: "dense", units: 1 }] }).layers).toEqual([
      { type: "dense", units: 1, activation: "linear" },
    ]);
  });

  const layer = { type: "dense", units: 3, activation: "relu" };
  const wrong: readonly [string, unknown, RegExp][] = [
    ["no object", "model", / is "model"; expected an object/],
    ["no input", { layers: [layer] }, /^input is missing; expected a list that is not empty/],
    [
      "a wrong input",
      { input: [784, -1], layers: [layer] },
      /^input\[1\] is -1; expected a positive integer/,
    ],
    ["no layers", { input: [4], layers: [] }, /^layers is \[\]; expected a list that is not empty/],
    [
      "an unknown layer",
      { input: [4], layers: [{ type: "lstm" }] },
      /^layers\[0\]\.type is "lstm"; expected one of "dense"/,
    ],
    [
      "wrong units",
      { input: [4], layers: [layer, { ...layer, units: "3" }] },
      /^layers\[1\]\.units is "3"; expected a positive integer/,
    ],
    [
      "an unknown activation",
      { input: [4], layers: [{ ...layer, activation: "swish" }] },
      /^layers\[0\]\.activation is "swish"; expected one of "linear"/,
    ],
    [
      "a misspelt field",
      { input: [4], layers: [{ ...layer, activaton: "relu" }] },
      /^layers\[0\]\.activaton is not a known field/,
    ],
    ["a surplus field", { input: [4], layers: [layer], loss: "x" }, /^loss is not a known field/],
  ];
  it.for(wrong)("with %s is refused by its path", ([, value, message], { expect }) => {
    expect(() => parseModelSpec(value)).toThrow(
      expect.objectContaining({ code: "bad-option", message: expect.stringMatching(message) }),
    );
  });

  it("whose layer cannot take its input is refused", ({ expect }) => {
    const build = () => sequential({ input: [28, 28] }, [dense(3)]);
    expect(build).toThrow(
      expect.objectContaining({
        code: "bad-shape",
        message: expect.stringMatching(/^layers\[0\].*found \[28, 28\]/),
      }),
    );
  });
});
