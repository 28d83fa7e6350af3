import { paramsLayout } from "edgeprop";
import { describe, it } from "vitest";
import {
  decodeDataset,
  decodeParams,
  decodeUpdate,
  encodeDataset,
  encodeParams,
  encodeUpdate,
  openDataset,
} from "../../src/protocol/index.ts";
import { toDataset } from "../../src/data/index.ts";
import { encodeSafetensors, toTensor } from "../../src/safetensors/index.ts";
import type { Tensor } from "../../src/safetensors/index.ts";
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

  const int64 = (values: number[], shape: number[]) => ({
    dtype: "I64",
    shape,
    bytes: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
  });
  const float64 = (values: number[], shape: number[]) => toTensor(Float64Array.from(values), shape);
  const fileOf = (parts: Record<string, Tensor>) => encodeSafetensors({ tensors: parts, metadata: {} });

  it("is read as numpy makes it by default: float64 and int64", ({ expect }) => {
    const file = fileOf({ inputs: float64([0.5, 1, 2, 3], [2, 2]), targets: int64([1, 0], [2]) });
    const { inputs, targets, inputScale } = decodeDataset(file);
    expect(inputs).toEqual(Float32Array.of(0.5, 1, 2, 3));
    expect(targets).toEqual(Int32Array.of(1, 0));
    expect(inputScale).toBe(1);
    const values = decodeDataset(fileOf({ inputs: float64([1], [1, 1]), targets: float64([0.5], [1, 1]) }));
    expect(values.targets).toEqual(Float32Array.of(0.5));
  });

  it("is refused where a value would be rounded, unless it may be", ({ expect }) => {
    const file = fileOf({ inputs: float64([0.5, 0.1], [2, 1]), targets: int64([1, 0], [2]) });
    expect(() => decodeDataset(file)).toThrow('tensor "inputs" (F64) has 0.1 at [1, 0]');
    expect(decodeDataset(file, { lossy: true }).inputs).toEqual(Float32Array.of(0.5, 0.1));
    const far = fileOf({ inputs: float64([1], [1, 1]), targets: int64([2 ** 40], [1]) });
    expect(() => decodeDataset(far, { lossy: true })).toThrow(
      'tensor "targets" (I64) has 1099511627776 at [0]',
    );
  });

  it("from the network is refused another dtype, by the tensor's name and what to send", async ({
    expect,
  }) => {
    const cases = [
      [{ inputs: float64([1], [1, 1]), targets: int64([1], [1]) }, /"inputs" has dtype F64; .*float32/],
      [
        { inputs: toTensor(Float32Array.of(1), [1, 1]), targets: int64([1], [1]) },
        /"targets" has dtype I64; .*int32/,
      ],
    ] as const;
    for (const [parts, message] of cases) {
      const file = fileOf(parts);
      expect(() => decodeDataset(file, { convert: false })).toThrow(message);
      const opened = await openDataset(file.length, async (begin, end) => file.subarray(begin, end));
      await expect(opened.read(0, 1)).rejects.toThrow(message);
    }
  });
});
