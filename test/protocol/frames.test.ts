import { paramsLayout } from "edgeprop";
import { describe, it } from "vitest";
import {
  decodeDataset,
  decodeParams,
  decodeUpdate,
  encodeDataset,
  encodeParams,
  encodeUpdate,
} from "../../src/protocol/index.ts";
import { toDataset } from "../../src/data/index.ts";
import { encodeSafetensors, toTensor } from "../../src/safetensors/index.ts";
import { smallRun } from "../support/run.ts";

const layout = paramsLayout(smallRun.model);
const delta = Float32Array.from({ length: 8 }, (_, index) => index - 3.5);
const tensors = {
  "layers.0.weights": toTensor(delta.subarray(0, 6), [3, 2]),
  "layers.0.bias": toTensor(delta.subarray(6), [2]),
};

describe("params and updates as safetensors", () => {
  it("come back as they were", ({ expect }) => {
    expect(decodeParams(layout, encodeParams(layout, delta))).toEqual(delta);
    const update = { delta, numExamples: 12, loss: 0.25 };
    expect(decodeUpdate(layout, encodeUpdate(layout, update))).toEqual(update);
  });

  it("may hold their tensors in any order", ({ expect }) => {
    const { "layers.0.weights": weights, "layers.0.bias": bias } = tensors;
    const file = encodeSafetensors({
      tensors: { "layers.0.bias": bias, "layers.0.weights": weights },
      metadata: {},
    });
    expect(decodeParams(layout, file)).toEqual(delta);
  });

  it.for([
    [
      "a missing tensor",
      { "layers.0.bias": tensors["layers.0.bias"] },
      'tensor "layers.0.weights" is missing',
    ],
    ["a surplus tensor", { ...tensors, extra: toTensor(new Float32Array(1), [1]) }, 'tensor "extra"'],
    [
      "a transposed tensor",
      { ...tensors, "layers.0.weights": toTensor(delta.subarray(0, 6), [2, 3]) },
      "expected F32 [3, 2]",
    ],
    ["another dtype", { ...tensors, "layers.0.bias": toTensor(new Float64Array(2), [2]) }, "is F64 [2]"],
  ] as const)("are refused with %s", ([, wrong, message], { expect }) => {
    const file = encodeSafetensors({ tensors: wrong, metadata: {} });
    expect(() => decodeParams(layout, file)).toThrow(
      expect.objectContaining({ code: "bad-shape", message: expect.stringContaining(message) }),
    );
  });

  it.for([
    ["no numExamples", { loss: "1" }, "numExamples is undefined"],
    ["half an example", { numExamples: "0.5", loss: "1" }, "positive integer"],
    ["a negative count", { numExamples: "-3", loss: "1" }, "positive integer"],
    ["a loss that is NaN", { numExamples: "3", loss: "NaN" }, "loss is"],
    ["an empty loss", { numExamples: "3", loss: "" }, "loss is"],
  ] as const)("an update is refused with %s", ([, metadata, message], { expect }) => {
    const file = encodeSafetensors({ tensors, metadata });
    expect(() => decodeUpdate(layout, file)).toThrow(
      expect.objectContaining({ code: "bad-file", message: expect.stringContaining(message) }),
    );
  });
});

describe("a dataset as safetensors", () => {
  it("comes back as it was", ({ expect }) => {
    const pixels = toDataset({
      inputs: Uint8Array.from([0, 128, 255, 7, 8, 9]),
      targets: Uint8Array.from([1, 0]),
      inputSize: 3,
    });
    expect(decodeDataset(encodeDataset(pixels))).toEqual(pixels);
    const values = toDataset({ inputs: new Float32Array(4), targets: new Float32Array(6), inputSize: 2 });
    expect(decodeDataset(encodeDataset(values))).toEqual(values);
  });

  it("is refused when inputs and targets do not fit", ({ expect }) => {
    const file = encodeSafetensors({
      tensors: { inputs: toTensor(new Uint8Array(6), [2, 3]), targets: toTensor(new Uint8Array(3), [3]) },
      metadata: {},
    });
    expect(() => decodeDataset(file)).toThrow(/expected 2 rows/);
  });
});
