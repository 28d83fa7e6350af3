import fc from "fast-check";
import { describe, it } from "vitest";
import { decodeSafetensors, encodeSafetensors, toFloat32, toTensor } from "../../src/safetensors/index.ts";

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
    ["an unknown dtype", rawFile('{"w":{"dtype":"F7","shape":[],"data_offsets":[0,0]}}'), "F7"],
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
    expect(() => decodeSafetensors(file)).toThrow(
      expect.objectContaining({ code: "bad-file", message: expect.stringContaining(message) }),
    );
  });
});
