import {
  avgPool2d,
  conv2d,
  dense,
  flatten,
  globalAvgPool2d,
  maxPool2d,
  paramsLayout,
  parseModelSpec,
  sequential,
} from "edgeprop";
import type { Conv2dOptions } from "edgeprop";
import { describeModel } from "edgeprop/model";
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

  it("on images has HWIO weights and the shapes that follow", ({ expect }) => {
    const model = sequential({ input: [9, 8, 2] }, [
      conv2d(3, { kernelSize: 5, stride: 2, padding: 2, activation: "relu" }),
      maxPool2d(2),
      avgPool2d(1),
      conv2d(4, { kernelSize: 2 }),
      globalAvgPool2d(),
      flatten(),
      dense(2),
    ]);
    expect(parseModelSpec(JSON.parse(JSON.stringify(model)))).toEqual(model);
    expect(describeModel(model).map(({ outputShape }) => outputShape.join(" x "))).toEqual([
      "5 x 4 x 3",
      "2 x 2 x 3",
      "2 x 2 x 3",
      "1 x 1 x 4",
      "4",
      "4",
      "2",
    ]);
    expect(paramsLayout(model).map(({ name, shape }) => `${name} ${shape.join(" x ")}`)).toEqual([
      "layers.0.weights 5 x 5 x 2 x 3",
      "layers.0.bias 3",
      "layers.3.weights 2 x 2 x 3 x 4",
      "layers.3.bias 4",
      "layers.6.weights 4 x 2",
      "layers.6.bias 2",
    ]);
    expect(describeModel(model)[0]?.params.map(({ fanIn }) => fanIn)).toEqual([50, 50]);
  });

  const sides: readonly [Conv2dOptions, number, number][] = [
    [{ kernelSize: 3, padding: "same" }, 7, 7],
    [{ kernelSize: 3, padding: "same", stride: 2 }, 7, 4],
    [{ kernelSize: 4, padding: "same", stride: 3 }, 7, 3],
    [{ kernelSize: 3, padding: "valid" }, 7, 5],
    [{ kernelSize: 3, padding: "valid", stride: 2 }, 8, 3],
    [{ kernelSize: 3, padding: 0, stride: 2 }, 7, 3],
    [{ kernelSize: 5, padding: 2, stride: 2 }, 9, 5],
    [{ kernelSize: 1, padding: 1 }, 2, 4],
  ];
  it.for(sides)("with %o makes of a side of %i one of %i", ([options, side, expected], { expect }) => {
    const [layer] = describeModel(sequential({ input: [side, side, 1] }, [conv2d(1, options)]));
    expect(layer?.outputShape).toEqual([expected, expected, 1]);
  });

  const convolution = { type: "conv2d", filters: 2, kernelSize: 3 };
  const refused: readonly [string, unknown, string, RegExp][] = [
    [
      "dilation",
      { input: [5, 5, 1], layers: [{ ...convolution, dilation: 2 }] },
      "unsupported",
      /^layers\[0\]\.dilation is 2; dilated convolutions are not supported/,
    ],
    [
      "negative padding",
      { input: [5, 5, 1], layers: [{ ...convolution, padding: -1 }] },
      "bad-option",
      /^layers\[0\]\.padding is -1; expected an integer of at least 0 or one of "same", "valid"/,
    ],
    [
      "a kernel larger than its image",
      { input: [4, 2, 1], layers: [convolution] },
      "bad-shape",
      /^layers\[0\]: a kernelSize of 3 does not fit images of 4 x 2 with padding "valid"/,
    ],
    [
      "a convolution of a list",
      { input: [25], layers: [convolution] },
      "bad-shape",
      /^layers\[0\]: a conv2d layer takes examples of shape \[height, width, channels\]; found \[25\]/,
    ],
    [
      "windows larger than their image",
      { input: [4, 4, 1], layers: [{ type: "maxPool2d", size: 5 }] },
      "bad-shape",
      /^layers\[0\]: a size of 5 does not fit images of 4 x 4/,
    ],
    [
      "a dense layer on images",
      { input: [4, 4, 1], layers: [convolution, { type: "dense", units: 1 }] },
      "bad-shape",
      /^layers\[1\]: a dense layer takes examples of shape \[n\]; found \[2, 2, 2\]/,
    ],
  ];
  it.for(refused)("with %s is refused", ([, value, code, message], { expect }) => {
    expect(() => parseModelSpec(value)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
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
