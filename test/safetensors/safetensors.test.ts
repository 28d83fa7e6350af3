import fc from "fast-check";
import { describe, it } from "vitest";
import {
  decodeFrame,
  decodeFrameHeader,
  decodeSafetensors,
  decodeSafetensorsHeader,
  encodeSafetensors,
  toFloat32,
  toTensor,
  viewFloat32,
  viewInt32,
} from "../../src/safetensors/index.ts";

/** A file by the format's own words, written without our encoder. */
function rawFile(header: string, data = new Uint8Array()): Uint8Array {
  const json = new TextEncoder().encode(header);
  const file = new Uint8Array(8 + json.length + data.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  file.set(data, 8 + json.length);
  return file;
}

describe("safetensors", () => {
  it("gives back what was written, for any names, shapes and metadata", ({ expect }) => {
    const tensor = fc.record({
      name: fc.string().filter((name) => name !== "__metadata__"),
      shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
    });
    const metadata = fc.dictionary(
      fc.string().filter((key) => key !== "__proto__"),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.uniqueArray(tensor, { selector: ({ name }) => name }), metadata, (entries, strings) => {
        const tensors = Object.fromEntries(
          entries.map(({ name, shape }) => {
            const length = shape.reduce((a, b) => a * b, 1);
            return [
              name,
              toTensor(
                Float32Array.from({ length }, (_, index) => index / 3),
                shape,
              ),
            ];
          }),
        );
        const file = decodeSafetensors(encodeSafetensors({ tensors, metadata: strings }));
        expect({ ...file.metadata }).toEqual({ ...strings });
        expect(Object.keys(file.tensors).toSorted()).toEqual(Object.keys(tensors).toSorted());
        for (const [name, { shape, bytes }] of Object.entries(tensors)) {
          expect(file.tensors[name]?.shape).toEqual(shape);
          expect(file.tensors[name]?.bytes).toEqual(bytes);
        }
      }),
      { examples: [[[{ name: "__proto__", shape: [] }], {}]] },
    );
  });

  it("reads a file of another writer, with an unpadded header", ({ expect }) => {
    const values = new Float32Array([1.5, -2]);
    const header = '{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
    const { tensors } = decodeSafetensors(rawFile(header, new Uint8Array(values.buffer)));
    expect(tensors["w"] && toFloat32(tensors["w"])).toEqual(values);
  });

  it.for([
    ["an empty file", new Uint8Array(), "0 bytes"],
    ["a header longer than the file", rawFile("{}").subarray(0, 9), "ends after"],
    ["a header of 2^63 bytes", Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 128]), "at most"],
    ["a header that is not JSON", rawFile("{nope"), "not JSON"],
    ["a header that is a list", rawFile("[]"), "not a JSON object"],
    ["a dtype that is no text", rawFile('{"w":{"dtype":7,"shape":[],"data_offsets":[0,0]}}'), "has dtype 7"],
    ["no dtype", rawFile('{"w":{"shape":[],"data_offsets":[0,0]}}'), "has dtype undefined"],
    ["a negative size", rawFile('{"w":{"dtype":"U8","shape":[-1],"data_offsets":[0,0]}}'), "shape"],
    [
      "a tensor that ends behind the file",
      rawFile('{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', new Uint8Array(7)),
      "cut off",
    ],
    [
      "a shape that does not fit the bytes",
      rawFile('{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}', new Uint8Array(4)),
      "needs 8 bytes",
    ],
    ["bytes that belong to no tensor", rawFile("{}", new Uint8Array(3)), "belong to none"],
    [
      "two tensors over the same bytes",
      rawFile(
        '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}',
        new Uint8Array(1),
      ),
      "begins at byte 0",
    ],
    ["metadata that is not strings", rawFile('{"__metadata__":{"a":1}}'), "expected a string"],
  ] as const)("refuses %s", ([, file, message], { expect }) => {
    for (const decode of [decodeSafetensors, decodeFrame])
      expect(() => decode(file)).toThrow(
        expect.objectContaining({ code: "bad-file", message: expect.stringContaining(message) }),
      );
  });

  it.for([
    ["ends before it begins", "[4,0]"],
    ["overlaps another", "[0,4]"],
    ["ends behind the file", "[4,99]"],
  ])("refuses a tensor of an unknown dtype that %s", ([, offsets], { expect }) => {
    const header = `{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"F7","shape":[9],"data_offsets":${offsets}}}`;
    expect(() => decodeSafetensors(rawFile(header, new Uint8Array(4)))).toThrow(
      expect.objectContaining({ code: "bad-file" }),
    );
  });

  it("refuses what is no Uint8Array", ({ expect }) => {
    for (const decode of [decodeSafetensors, (file: Uint8Array) => decodeSafetensorsHeader(file, 8)])
      expect(() => decode(new ArrayBuffer(8) as unknown as Uint8Array)).toThrow(/expected a Uint8Array/);
  });
});

describe("what came from the network", () => {
  it.for(["F7", "BF16", "U16", "U64", "F8_E4M3", "constructor"])(
    "is refused with dtype %s",
    (dtype, { expect }) => {
      const file = rawFile(`{"w":{"dtype":"${dtype}","shape":[0],"data_offsets":[0,0]}}`);
      for (const decode of [decodeFrame, (bytes: Uint8Array) => decodeFrameHeader(bytes, bytes.length)])
        expect(() => decode(file)).toThrow(
          expect.objectContaining({ code: "bad-file", message: expect.stringContaining(dtype) }),
        );
      expect(decodeSafetensors(file).tensors["w"]).toMatchObject({ dtype, shape: [0] });
    },
  );

  it("has a header of at most 1 MB, and a file elsewhere one of 100 MB", ({ expect }) => {
    const long = rawFile("{}".padEnd(1_000_001));
    expect(() => decodeFrame(long)).toThrow(/claims 1000001 bytes; at most 1000000/);
    expect(decodeSafetensors(long).tensors).toEqual({});
    const start = new Uint8Array(8);
    new DataView(start.buffer).setBigUint64(0, 100_000_001n, true);
    expect(() => decodeSafetensors(start)).toThrow(/at most 100000000/);
    new DataView(start.buffer).setBigUint64(0, 100_000_000n, true);
    expect(() => decodeSafetensors(start)).toThrow(/the file ends after 0/);
  });

  it("is read as it is or refused, from a Buffer at any offset too", ({ expect }) => {
    const values = Float32Array.of(1.5, -2);
    const whole = Buffer.from(
      rawFile('{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', new Uint8Array(values.buffer)),
    );
    for (let offset = 0; offset < 4; offset++) {
      const part = Buffer.concat([Buffer.alloc(offset), whole]).subarray(offset);
      const tensor = decodeFrame(part).tensors["w"];
      expect(tensor && viewFloat32(tensor)).toEqual(values);
      expect(() => tensor && viewInt32(tensor)).toThrow("tensor has dtype F32; expected I32");
    }
    expect(() => viewFloat32(toTensor(Float64Array.of(1), [1]))).toThrow(
      "tensor has dtype F64; expected F32",
    );
  });
});
