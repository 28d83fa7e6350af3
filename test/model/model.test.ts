import {
  allSets,
  avgPool2d,
  backprop,
  batchNorm,
  conv2d,
  dense,
  depthwiseConv2d,
  dropout,
  embedding,
  flatten,
  globalAvgPool1d,
  globalAvgPool2d,
  layerNorm,
  maxPool2d,
  paramsLayout,
  parseModelSpec,
  sequential,
} from "edgeprop";
import { customLayer } from "edgeprop/core";
import type { Conv2dOptions, LayerSpec, Model } from "edgeprop";
import { bindRule, planLayers } from "edgeprop/model";
import { describe, it } from "vitest";
import { toPositiveInteger } from "../../src/checks/field-reader.ts";
import { describeModel } from "../support/model.ts";

interface SpreadSpec {
  readonly type: "spread";
  readonly mode: "wide" | "narrow";
  readonly outputShape: readonly number[];
  readonly isTied: boolean;
}

/** A layer of a user's own, with fields of several forms. */
const spread = customLayer<SpreadSpec>({
  type: "spread",
  parse(fields) {
    fields.allowOnly(["type", "mode", "outputShape", "isTied", "gate"]);
    fields.refuse("gate", "this layer has none");
    return {
      type: "spread",
      mode: fields.oneOf("mode", ["wide", "narrow"]),
      outputShape: fields.has("outputShape") ? fields.list("outputShape", toPositiveInteger) : [1],
      isTied: fields.boolean("isTied", false),
    };
  },
  form: ({ outputShape }, { inputShape }) => ({
    outputShape,
    params: [
      {
        name: "w",
        shape: [4, 2],
        initial: { kind: "uniform", fanIn: inputShape.reduce((a, b) => a * b, 1) },
        isTrained: true,
      },
    ],
  }),
  forward() {},
  backward() {},
});
const sets = { ...allSets, layers: { ...allSets.layers, spread } };

/** As in "layers[2]"; null where there is none. */
function lastLinear(model: Model): number | null {
  const rule = bindRule(backprop(), "rule", model.sets.rules);
  return planLayers(model, { rule, batchSize: 1 }).find(({ isLast }) => isLast)?.layer.index ?? null;
}

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
    expect(describeModel(model)[0]?.params.map(({ initial }) => initial)).toEqual([
      { kind: "uniform", fanIn: 50 },
      { kind: "uniform", fanIn: 50 },
    ]);
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
      /^layers\[0\]: conv2d layers take examples of shape \[height, width, channels\]; found \[25\]/,
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
      /^layers\[1\]: dense layers take examples of shape \[n\] \(put flatten\(\) before it\); found \[2, 2, 2\]/,
    ],
  ];
  it.for(refused)("with %s is refused", ([, value, code, message], { expect }) => {
    expect(() => parseModelSpec(value)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  it("has shapes and params of every other kind of layer as well", ({ expect }) => {
    const own: SpreadSpec = {
      type: "spread",
      mode: "wide",
      outputShape: [6, 4],
      isTied: true,
    };
    const model = sequential({ input: [7, 5, 3], sets }, [
      depthwiseConv2d({ kernelSize: 2, stride: 2, padding: "same", activation: "gelu" }),
      batchNorm({ momentum: 0.2 }),
      dropout(0.1),
      own,
      layerNorm(),
      globalAvgPool1d(),
    ]);
    expect(parseModelSpec(JSON.parse(JSON.stringify(model)), { sets })).toEqual(model);
    const layers = describeModel(model);
    expect(layers.map(({ outputShape }) => outputShape.join(" x "))).toEqual([
      "4 x 3 x 3",
      "4 x 3 x 3",
      "4 x 3 x 3",
      "6 x 4",
      "6 x 4",
      "4",
    ]);
    const params = layers.flatMap((placed) => placed.params);
    expect(
      params.map(({ name, shape, initial, isTrained }) =>
        [name, shape.join(" x "), ...Object.values(initial), isTrained ? "" : "kept"].join(" ").trimEnd(),
      ),
    ).toEqual([
      "layers.0.weights 2 x 2 x 3 uniform 4",
      "layers.0.bias 3 uniform 4",
      "layers.1.gamma 3 ones",
      "layers.1.beta 3 zeros",
      "layers.1.runningMean 3 zeros kept",
      "layers.1.runningVariance 3 ones kept",
      "layers.3.w 4 x 2 uniform 36",
      "layers.4.gamma 4 ones",
      "layers.4.beta 4 zeros",
    ]);
    const tokens = sequential({ input: [5] }, [embedding(3, { vocabularySize: 11 }), flatten()]);
    expect(parseModelSpec(JSON.parse(JSON.stringify(tokens)))).toEqual(tokens);
    expect(describeModel(tokens)[0]).toMatchObject({
      outputShape: [5, 3],
      params: [{ name: "layers.0.weights", shape: [11, 3], initial: { kind: "normal" }, isTrained: true }],
    });
  });

  it("has defaults where JSON leaves them out", ({ expect }) => {
    const layers = [{ type: "batchNorm" }, { type: "layerNorm" }, { type: "spread", mode: "narrow" }];
    expect(parseModelSpec({ input: [2], layers }, { sets }).layers).toEqual([
      { type: "batchNorm", momentum: 0.1, epsilon: 1e-5 },
      { type: "layerNorm", epsilon: 1e-5 },
      { type: "spread", mode: "narrow", outputShape: [1], isTied: false },
    ]);
  });

  it("speaks of the last layer whose params are linear in its input, whatever comes after", ({ expect }) => {
    expect(lastLinear(sequential({ input: [2] }, [dense(2), dense(2)]))).toBe(1);
    const own = { type: "spread", mode: "narrow" } as LayerSpec;
    const after = sequential({ input: [2], sets }, [dense(2), batchNorm(), own, layerNorm()]);
    expect(lastLinear(after)).toBe(0);
    expect(lastLinear(sequential({ input: [2] }, [layerNorm()]))).toBeNull();
  });

  const inList = (layer: object) => ({ input: [4], layers: [layer] });
  const own = { type: "spread", mode: "wide" };
  const refusedLayers: readonly [string, unknown, string, RegExp][] = [
    [
      "a rate of 1",
      inList({ type: "dropout", rate: 1 }),
      "bad-option",
      /^layers\[0\]\.rate is 1; expected a finite number of at least 0 and below 1/,
    ],
    [
      "no rate",
      inList({ type: "dropout" }),
      "bad-option",
      /^layers\[0\]\.rate is missing; expected a finite number/,
    ],
    ["a negative rate", inList({ type: "dropout", rate: -0.1 }), "bad-option", /rate is -0.1/],
    [
      "a momentum above 1",
      inList({ type: "batchNorm", momentum: 1.5 }),
      "bad-option",
      /momentum is 1.5; expected a finite number of at least 0 and of at most 1/,
    ],
    [
      "an epsilon of 0",
      inList({ type: "layerNorm", epsilon: 0 }),
      "bad-option",
      /epsilon is 0; expected a finite number above 0 and of at most 1/,
    ],
    [
      "a misspelt option",
      inList({ type: "batchNorm", eps: 1 }),
      "bad-option",
      /^layers\[0\]\.eps is not a known field/,
    ],
    ["no vocabulary", inList({ type: "embedding", units: 2 }), "bad-option", /vocabularySize is missing/],
    [
      "a vocabulary that float32 cannot count",
      inList({ type: "embedding", units: 2, vocabularySize: 2 ** 24 + 1 }),
      "bad-option",
      /vocabularySize is 16777217; expected a finite number of at least 1 and of at most 16777216/,
    ],
    [
      "an embedding further on",
      { input: [4], layers: [{ type: "flatten" }, { type: "embedding", units: 2, vocabularySize: 3 }] },
      "bad-shape",
      /^layers\[1\]: an embedding layer takes tokens, the model's inputs; it can only be layers\[0\]/,
    ],
    [
      "an embedding of images",
      { input: [4, 4], layers: [{ type: "embedding", units: 2, vocabularySize: 3 }] },
      "bad-shape",
      /^layers\[0\]: embedding layers take examples of shape \[length\]; found \[4, 4\]/,
    ],
    [
      "a dense layer on vectors of tokens",
      {
        input: [4],
        layers: [
          { type: "embedding", units: 2, vocabularySize: 3 },
          { type: "dense", units: 1 },
        ],
      },
      "bad-shape",
      /^layers\[1\]: dense layers take examples of shape \[n\] \(put flatten\(\) before it\); found \[4, 2\]/,
    ],
    [
      "a mean over positions of a list",
      inList({ type: "globalAvgPool1d" }),
      "bad-shape",
      /^layers\[0\]: globalAvgPool1d layers take examples of shape \[length, units\]; found \[4\]/,
    ],
    [
      "a dilated depthwise convolution",
      { input: [5, 5, 1], layers: [{ type: "depthwiseConv2d", kernelSize: 3, dilation: 2 }] },
      "unsupported",
      /^layers\[0\]\.dilation is 2; dilated convolutions are not supported/,
    ],
    [
      "a multiplier",
      { input: [5, 5, 1], layers: [{ type: "depthwiseConv2d", kernelSize: 3, multiplier: 2 }] },
      "unsupported",
      /^layers\[0\]\.multiplier is 2; every channel has one kernel/,
    ],
    [
      "a depthwise kernel larger than its image",
      { input: [2, 2, 1], layers: [{ type: "depthwiseConv2d", kernelSize: 3 }] },
      "bad-shape",
      /^layers\[0\]: a kernelSize of 3 does not fit images of 2 x 2/,
    ],
    [
      "a user's layer without a field that it needs",
      inList({ type: "spread" }),
      "bad-option",
      /^layers\[0\]\.mode is missing; expected one of "wide", "narrow"/,
    ],
    [
      "a name that the user's layer does not know",
      inList({ ...own, mode: "__proto__" }),
      "bad-option",
      /^layers\[0\]\.mode is "__proto__"; expected one of "wide", "narrow"/,
    ],
    [
      "a field that the user's layer does not have",
      inList({ ...own, params: [] }),
      "bad-option",
      /^layers\[0\]\.params is not a known field; expected one of "type", "mode", "outputShape", "isTied"/,
    ],
    [
      "a field that the user's layer refuses",
      inList({ ...own, gate: 2 }),
      "unsupported",
      /^layers\[0\]\.gate is 2; this layer has none/,
    ],
    [
      "an empty output",
      inList({ ...own, outputShape: [3, 0] }),
      "bad-option",
      /^layers\[0\]\.outputShape\[1\] is 0; expected a positive integer/,
    ],
    [
      "a list that is empty",
      inList({ ...own, outputShape: [] }),
      "bad-option",
      /^layers\[0\]\.outputShape is \[\]; expected a list that is not empty/,
    ],
    [
      "a word for yes",
      inList({ ...own, isTied: "yes" }),
      "bad-option",
      /^layers\[0\]\.isTied is "yes"; expected true or false/,
    ],
  ];
  it.for(refusedLayers)("with %s is refused by name", ([, value, code, message], { expect }) => {
    expect(() => parseModelSpec(value, { sets })).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  it("with a param twice is refused: checkpoints have one tensor of a name", ({ expect }) => {
    const w = { name: "w", shape: [1], initial: { kind: "zeros" }, isTrained: true } as const;
    const twice = customLayer({ ...spread.code, form: () => ({ outputShape: [1], params: [w, w] }) });
    const setsOfTwice = { ...allSets, layers: { ...allSets.layers, spread: twice } };
    expect(() => parseModelSpec({ input: [4], layers: [own] }, { sets: setsOfTwice })).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^layers\[0\].*"w" twice/) }),
    );
  });

  it("of an unknown layer says which ones the sets have", ({ expect }) => {
    expect(() => parseModelSpec({ input: [4], layers: [own] })).toThrow(
      expect.objectContaining({
        code: "bad-option",
        message: `layers[0].type is "spread"; expected one of ${Object.keys(allSets.layers)
          .map((type) => `"${type}"`)
          .join(", ")}`,
      }),
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
