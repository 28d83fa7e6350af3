import fc from "fast-check";
import { describe, it } from "vitest";
import { toBigInt64, toFloat32, toFloat64, toInt32, toTensor } from "../../src/safetensors/index.ts";
import type { Tensor } from "../../src/safetensors/index.ts";

function int64(...values: bigint[]): Tensor {
  return {
    dtype: "I64",
    shape: [values.length],
    bytes: new Uint8Array(BigInt64Array.from(values).buffer),
    name: "y",
  };
}

describe("toFloat32", () => {
  it("keeps float64 values exactly or refuses the first that it cannot keep", ({ expect }) => {
    const value = fc.oneof(fc.double(), fc.float(), fc.constantFrom(0.5, -0, NaN, Infinity));
    fc.assert(
      fc.property(fc.array(value), (values) => {
        const tensor = toTensor(Float64Array.from(values), [values.length]);
        const first = values.findIndex((each) => !Object.is(Math.fround(each), each));
        if (first < 0) expect([...toFloat32(tensor)]).toEqual(values);
        else expect(() => toFloat32(tensor)).toThrow(`has ${values[first]} at [${first}]`);
      }),
    );
  });

  it("rounds to the nearest where it may, but refuses what is beyond its range", ({ expect }) => {
    const tensor = toTensor(Float64Array.of(0.1, 1e-60, Infinity, NaN), [4]);
    expect([...toFloat32(tensor, { lossy: true })]).toEqual([Math.fround(0.1), 0, Infinity, NaN]);
    expect(() =>
      toFloat32({ ...toTensor(Float64Array.of(0, -1e39), [2, 1]), name: "w" }, { lossy: true }),
    ).toThrow('tensor "w" (F64) has -1e+39 at [1, 0], which float32 cannot hold');
  });

  it("says how a value may be rounded", ({ expect }) => {
    expect(() => toFloat32(toTensor(Float64Array.of(0.1), [1, 1]))).toThrow(
      "the tensor (F64) has 0.1 at [0, 0], which float32 cannot hold exactly; { lossy: true } rounds it to 0.10000000149011612",
    );
  });

  it("views F32 in place, and copies where it cannot", ({ expect }) => {
    const values = Float32Array.of(1, 2);
    expect(toFloat32(toTensor(values, [2])).buffer).toBe(values.buffer);
    const odd = new Uint8Array(9);
    odd.set(new Uint8Array(values.buffer), 1);
    expect(toFloat32({ dtype: "F32", shape: [2], bytes: odd.subarray(1) })).toEqual(values);
    expect(toFloat32({ dtype: "F32", shape: [2], bytes: Buffer.from(odd.buffer).subarray(1) })).toEqual(
      values,
    );
  });
});

describe("whole numbers", () => {
  it.for([
    ["float32", toFloat32, 2n ** 24n + 1n],
    ["float64", toFloat64, 2n ** 53n + 1n],
    ["int32", toInt32, 2n ** 31n],
    ["float32", toFloat32, -(2n ** 63n) + 1n],
  ] as const)("I64 beyond %s is refused, naming it", ([name, convert, value], { expect }) => {
    expect([...convert(int64(3n, -5n))]).toEqual([3, -5]);
    expect(() => convert(int64(3n, value))).toThrow(
      expect.objectContaining({
        code: "bad-file",
        message: expect.stringContaining(`"y" (I64) has ${value} at [1], which ${name}`),
      }),
    );
  });

  it("I64 is rounded where it may be", ({ expect }) => {
    expect([...toFloat64(int64(2n ** 53n + 1n), { lossy: true })]).toEqual([2 ** 53]);
  });

  it("any int64 comes back whole from every dtype that holds it", ({ expect }) => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })), (values) => {
        expect([...toBigInt64(int64(...values))]).toEqual(values);
        const small = values.map((value) => Number(BigInt.asIntN(32, value)));
        expect([...toBigInt64(toTensor(Int32Array.from(small), [small.length]))]).toEqual(small.map(BigInt));
        expect([...toInt32(toTensor(Float64Array.from(small), [small.length]))]).toEqual(small);
      }),
    );
  });

  it.for([0.5, NaN, Infinity, 2 ** 31, -(2 ** 31) - 1])("%s is no int32", (value, { expect }) => {
    expect(() => toInt32(toTensor(Float64Array.of(value), [1]))).toThrow(
      `has ${value} at [0], which int32 cannot hold`,
    );
  });

  it.for([0.5, NaN, -Infinity, 2 ** 63])("%s is no int64", (value, { expect }) => {
    expect(() => toBigInt64(toTensor(Float64Array.of(value), [1]))).toThrow(
      `has ${value} at [0], which int64 cannot hold`,
    );
  });

  it("U64 beyond int64 is refused", ({ expect }) => {
    const bytes = new Uint8Array(BigUint64Array.of(1n, 2n ** 63n).buffer);
    expect(() => toBigInt64({ dtype: "U64", shape: [2], bytes })).toThrow(
      "9223372036854775808 at [1], which int64",
    );
  });
});

describe("what is no tensor", () => {
  it("is refused without a raw error", ({ expect }) => {
    expect(() => toFloat32(undefined as unknown as Tensor)).toThrow(
      expect.objectContaining({ code: "bad-option", message: "the tensor is missing; expected an object" }),
    );
    expect(() => toFloat32({ dtype: "F64", shape: [2], bytes: new Uint8Array(9) })).toThrow(
      expect.objectContaining({
        code: "bad-file",
        message: "the tensor of F64 [2] has 9 bytes; expected 16",
      }),
    );
    expect(() => toFloat32(toTensor(Int8Array.of(1), [1]), { loosy: true } as object)).toThrow(
      /loosy is not a known field/,
    );
  });
});
