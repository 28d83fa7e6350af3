import { batchNorm, dense, sequential } from "edgeprop";
import type { Model } from "edgeprop";
import { exportParams, importParams } from "edgeprop/interop";
import type { ExportOptions, ImportOptions } from "edgeprop/interop";
import { toTensor } from "edgeprop/safetensors";
import type { Tensor } from "edgeprop/safetensors";
import { describe, it } from "vitest";

const square = sequential({ input: [2] }, [dense(2, { activation: "relu" }), dense(2)]);
const params = Float32Array.from({ length: 12 }, (_, i) => i);
/** Of `square`, in PyTorch's arrangement. */
const {
  "0.weight": first,
  "0.bias": firstBias,
  "2.weight": second,
  "2.bias": secondBias,
} = exportParams(square, params, { to: "pytorch" }) as {
  "0.weight": Tensor;
  "0.bias": Tensor;
  "2.weight": Tensor;
  "2.bias": Tensor;
};
const ordered = { "0.weight": first, "0.bias": firstBias, "2.weight": second, "2.bias": secondBias };
const named = { "out.weight": second, "out.bias": secondBias, "in.weight": first, "in.bias": firstBias };
const other: Tensor = { dtype: "F4", shape: [3], bytes: new Uint8Array(2) };
const zeros = (...shape: number[]) => toTensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape);

function read(
  tensors: Record<string, Tensor>,
  options: Partial<ImportOptions> = {},
  model: Model = square,
): Float32Array {
  return importParams(model, tensors, { from: "pytorch", ...options });
}

describe("the layers of a file", () => {
  it("are found by the numbers in their names, in whatever order the file has them", ({ expect }) => {
    expect(read(ordered)).toEqual(params);
    const renamed = (a: string, b: string) => ({
      [`${b}.bias`]: secondBias,
      [`${a}.bias`]: firstBias,
      [`${b}.weight`]: second,
      [`${a}.weight`]: first,
    });
    expect(read(renamed("layers.2", "layers.10"))).toEqual(params);
    expect(read(renamed("fc1", "fc2"))).toEqual(params);
    expect(read(renamed("module.block1.fc", "module.block2.fc"))).toEqual(params);
  });

  it("are found by their shapes, whatever they are called", ({ expect }) => {
    const model = sequential({ input: [3] }, [dense(4), batchNorm(), dense(2)]);
    const values = Float32Array.from({ length: model.numParams }, (_, i) => i);
    const given = exportParams(model, values, { to: "pytorch", names: ["z", "y", "a"] });
    const tensors = { ...given, "y.num_batches_tracked": { ...other, dtype: "I64" } };
    expect(read(tensors, {}, model)).toEqual(values);
  });

  it("have to be named where neither says which is which", ({ expect }) => {
    expect(() => read(named)).toThrow(
      expect.objectContaining({
        code: "bad-shape",
        message: expect.stringContaining('layers.0, layers.1 could be any of "in", "out"'),
      }),
    );
    const ways: ImportOptions["names"][] = [
      ["in", "out"],
      ["in.weight", "in.bias", "out.weight", "out.bias"],
      { "layers.0": "in", "layers.1": "out" },
      { "layers.0": "in", "layers.1.weights": "out.weight", "layers.1.bias": "out.bias" },
    ];
    for (const names of ways) if (names !== undefined) expect(read(named, { names })).toEqual(params);
  });

  it("leave tensors alone that nobody names, of unknown dtypes too", ({ expect }) => {
    const tensors = { ...named, "head.scale": other };
    expect(read(tensors, { names: ["in", "out"] })).toEqual(params);
    expect(() => read({ ...ordered, "head.scale": other })).toThrow(
      'the model has no layer for "head.scale" [3]; leave out what is not of it, or name',
    );
    expect(() =>
      read({ ...named, "in.weight": { ...other, shape: [2, 2] } }, { names: ["in", "out"] }),
    ).toThrow('tensor "in.weight" has dtype F4');
  });

  it("may have no bias", ({ expect }) => {
    const expected = Float32Array.from(params);
    expected.fill(0, 4, 6);
    const { "0.bias": _, ...without } = ordered;
    expect(read(without)).toEqual(expected);
    const names = { "layers.0.weights": "0.weight", "layers.0.bias": null, "layers.1": "2" };
    expect(read(ordered, { names })).toEqual(expected);
    expect(exportParams(square, params, { to: "pytorch", names })).toEqual({ ...without, "0.weight": first });
  });

  it("keep their order here where names alone are given", ({ expect }) => {
    const names = ["w0", "b0", "w1", "b1"];
    const tensors = exportParams(square, params, { to: names });
    expect(Object.keys(tensors)).toEqual(names);
    expect(importParams(square, tensors, { from: names })).toEqual(params);
    expect(importParams(square, tensors, { from: "edgeprop", names })).toEqual(params);
  });
});

describe("what does not fit", () => {
  it.for<[string, () => unknown, string]>([
    [
      "a shape",
      () => read({ ...ordered, "2.weight": zeros(3, 2) }),
      'tensor "2.weight" has shape [3, 2]; expected [2, 2] for layers.1.weights, which is [2, 2] here',
    ],
    [
      "a shape by name",
      () => read({ ...named, "in.bias": zeros(1) }, { names: ["in", "out"] }),
      'tensor "in.bias" has shape [1]; expected [2] for layers.0.bias',
    ],
    [
      "a missing layer",
      () => read({ "0.weight": first, "0.bias": firstBias }),
      'layers.0 (dense) expects weight [2, 2], bias [2]; left in the file: "0.weight" [2, 2], "0.bias" [2]',
    ],
    [
      "no tensors",
      () => read({}),
      "layers.0 (dense) expects weight [2, 2], bias [2]; left in the file: none",
    ],
    [
      "a bias by another name",
      () => read({ ...ordered, "0.bias": first, "0.offset": firstBias }),
      'tensor "0.bias" has shape [2, 2]; expected [2]',
    ],
    [
      "a bias by another name, by name",
      () => read({ "a.weight": first, "a.offset": firstBias, ...named }, { names: ["a", "out"] }),
      '"a" has no bias [2] for layers.0.bias; it has "a.weight", "a.offset"',
    ],
    ["an unknown name", () => read(named, { names: ["in", "nope"] }), 'nothing in the file is called "nope"'],
    [
      "an unknown tensor",
      () => read(named, { names: ["in.weight", "in.bias", "x", "out.bias"] }),
      'tensor "x" is missing; expected [2, 2] for layers.1.weights',
    ],
    [
      "a tensor too many, of edgeprop's names",
      () => read({ ...exportParams(square, params, { to: "edgeprop" }), x: zeros(1) }, { from: "edgeprop" }),
      'tensor "x" is not of this model',
    ],
    [
      "a float64 value",
      () => read({ ...ordered, "0.bias": toTensor(Float64Array.of(0.5, 0.1), [2]) }),
      'tensor "0.bias" (F64) has 0.1 at [1], which float32 cannot hold exactly; { lossy: true }',
    ],
  ])("is refused: %s", ([, run, message], { expect }) => {
    expect(run).toThrow(expect.objectContaining({ message: expect.stringContaining(message) }));
  });

  it("is rounded where it may be", ({ expect }) => {
    const tensors = { ...ordered, "0.bias": toTensor(Float64Array.of(0.5, 0.1), [2]) };
    expect(read(tensors, { lossy: true })[5]).toBe(Math.fround(0.1));
  });
});

describe("options", () => {
  const given = (options: object, model: unknown = square) =>
    importParams(model as Model, named, options as ImportOptions);
  it.for<[string, () => unknown, string]>([
    [
      "from",
      () => given({ from: "torch" }),
      'importParams.from is "torch"; expected one of "pytorch", "keras"',
    ],
    ["no from", () => given({}), "importParams.from is missing"],
    [
      "a misspelt one",
      () => given({ from: "keras", loosy: true }),
      "importParams.loosy is not a known field",
    ],
    ["flatten", () => given({ from: "keras", flatten: "nchw" }), 'importParams.flatten is "nchw"; expected'],
    ["names twice", () => given({ from: [], names: [] }), "importParams is given names twice"],
    [
      "too few names",
      () => given({ from: ["a"] }),
      "names has 1 entries; expected 2, for layers.0, layers.1, or 4",
    ],
    [
      "a lacking name",
      () => given({ from: { "layers.0": "in" } }),
      'names lacks "layers.1.weights", or "layers.1"',
    ],
    ["an unknown name", () => given({ from: { "layers.7": "in" } }), "names.layers.7 is not a known field"],
    ["a name that is none", () => given({ from: [1, 2] }), "names has 1; expected a name"],
    [
      "no weights",
      () =>
        given({
          from: "pytorch",
          names: { "layers.0.weights": null, "layers.0.bias": null, "layers.1": "out" },
        }),
      "names has null for layers.0.weights, which no layer is without",
    ],
    [
      "a spec",
      () => given({ from: "keras" }, { input: [2], layers: [] }),
      "expected what sequential or parseModelSpec gives",
    ],
    [
      "tensors",
      () => importParams(square, null as unknown as Record<string, Tensor>, { from: "keras" }),
      "is null",
    ],
    [
      "params",
      () => exportParams(square, new Float32Array(3), { to: "keras" }),
      "params is Float32Array of length 3; expected a Float32Array of 12 values",
    ],
    [
      "export's",
      () => exportParams(square, params, { from: "keras" } as unknown as ExportOptions),
      "exportParams.from is not a known field",
    ],
    [
      "one name for two",
      () => exportParams(square, params, { to: ["a", "a"] }),
      'names has "a.weights" twice',
    ],
  ])("are refused: %s", ([, run, message], { expect }) => {
    expect(run).toThrow(expect.objectContaining({ message: expect.stringContaining(message) }));
  });
});
