import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "vitest";
import {
  decodeSafetensors,
  encodeSafetensors,
  toBigInt64,
  toFloat32,
  toFloat64,
  toTensor,
} from "../../src/safetensors/index.ts";
import type { Tensor } from "../../src/safetensors/index.ts";
import { findPython, runPython } from "../support/processes/python.ts";

const folderOfGolden = join(import.meta.dirname, "golden");
const bytes = readFileSync(join(folderOfGolden, "dtypes.safetensors"));
const expected = JSON.parse(readFileSync(join(folderOfGolden, "dtypes.json"), "utf8")) as Record<
  string,
  { values: string[]; inexact: number | null }
>;
const python = findPython();
const noPython = "no python3 is on PATH";

/** As Python prints them: integers whole, of U64 too. */
function read(tensor: Tensor): (number | bigint)[] {
  if (tensor.dtype === "U64") return [...new BigUint64Array(tensor.bytes.slice().buffer)];
  return [...(tensor.dtype === "I64" ? toBigInt64(tensor) : toFloat64(tensor))];
}

function fromPython(text: string): number | bigint {
  if (/^-?\d{10,}$/.test(text)) return BigInt(text);
  return Number(text.replace("inf", "Infinity").replace("nan", "NaN"));
}

describe("a file that Python's struct and json wrote", () => {
  const { tensors, metadata } = decodeSafetensors(bytes);

  it("has every dtype, each with the values that were written", ({ expect }) => {
    expect(metadata).toEqual({ format: "pt", "written by": "struct" });
    for (const [name, { values }] of Object.entries(expected)) {
      const tensor = tensors[name];
      const found = tensor === undefined ? [] : read(tensor);
      const wanted = values.map(fromPython);
      expect([name, ...found.map(String)]).toEqual([name, ...wanted.map(String)]);
      // The sign of zero, which text does not show.
      expect(found.map((value) => Object.is(value, -0))).toEqual(wanted.map((value) => Object.is(value, -0)));
    }
  });

  it.for(Object.entries(expected))(
    "%s becomes float32 where that loses nothing",
    ([name, golden], { expect }) => {
      const tensor = tensors[name] ?? toTensor(new Float32Array(), []);
      const { values, inexact } = golden;
      if (inexact === null) {
        expect([...toFloat32(tensor)]).toEqual(values.map(fromPython).map(Number));
        return;
      }
      const { shape } = tensor;
      const place =
        shape.length === 1 ? [inexact] : [Math.floor(inexact / (shape[1] ?? 1)), inexact % (shape[1] ?? 1)];
      const value = fromPython(values[inexact] ?? "");
      expect(() => toFloat32(tensor)).toThrow(
        expect.objectContaining({
          code: "bad-file",
          message: expect.stringContaining(
            `"${name}" (${tensor.dtype}) has ${value} at [${place.join(", ")}]`,
          ),
        }),
      );
    },
  );

  it("opens at any offset, as a Buffer and as a plain array, to the same values", ({ expect }) => {
    const here = Object.entries(expected).filter(([, { inexact }]) => inexact === null);
    for (let offset = 0; offset < 16; offset++) {
      const larger = Buffer.alloc(bytes.length + 16);
      bytes.copy(larger, offset);
      const part = larger.subarray(offset, offset + bytes.length);
      for (const file of [part, new Uint8Array(part.buffer, part.byteOffset, part.length)]) {
        const moved = decodeSafetensors(file).tensors;
        for (const [name] of here) {
          const [before, after] = [tensors[name], moved[name]];
          if (before === undefined || after === undefined) throw new Error(`${name} is missing`);
          expect(Buffer.isBuffer(after.bytes)).toBe(false);
          expect(toFloat32(after)).toEqual(toFloat32(before));
        }
      }
    }
  });

  it("is refused an unknown dtype for that tensor alone, when its values are asked for", ({ expect }) => {
    const tensor = tensors["of tomorrow"] ?? toTensor(new Float32Array(), []);
    expect(tensor).toMatchObject({ dtype: "F4", shape: [6], bytes: Uint8Array.of(1, 2, 3) });
    for (const convert of [toFloat32, toFloat64, toBigInt64])
      expect(() => convert(tensor)).toThrow(
        expect.objectContaining({
          code: "unsupported",
          message: expect.stringContaining('"of tomorrow" has dtype F4'),
        }),
      );
    const again = decodeSafetensors(encodeSafetensors({ tensors: { later: tensor }, metadata: {} }));
    expect(again.tensors["later"]).toMatchObject({ dtype: "F4", shape: [6], bytes: tensor.bytes });
  });

  it("is what the script beside it writes", ({ expect, skip }) => {
    const program = python ?? skip(noPython);
    const folder = mkdtempSync(join(tmpdir(), "edgeprop-golden-"));
    try {
      runPython(program, [join(folderOfGolden, "make.py"), folder]);
      for (const name of ["dtypes.safetensors", "dtypes.json"])
        expect(readFileSync(join(folder, name)).equals(readFileSync(join(folderOfGolden, name)))).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** Reads a file by the format's own words and prints its contents as JSON. */
const reader = `
import json, struct, sys
data = open(sys.argv[1], "rb").read()
(size,) = struct.unpack("<Q", data[:8])
header = json.loads(data[8:8 + size])
out = {"metadata": header.pop("__metadata__", {})}
codes = {"F64": "d", "F32": "f", "I32": "i", "U8": "B", "I8": "b"}
covered = 0
for name, tensor in header.items():
    begin, end = tensor["data_offsets"]
    assert begin == covered, (name, begin, covered)
    covered = end
    count = 1
    for length in tensor["shape"]:
        count *= length
    values = struct.unpack("<%d%s" % (count, codes[tensor["dtype"]]), data[8 + size + begin:8 + size + end])
    out[name] = [tensor["dtype"], tensor["shape"], list(values)]
assert 8 + size + covered == len(data)
print(json.dumps(out))
`;

describe("a file that edgeprop wrote", () => {
  it("opens with Python's struct and json alone", ({ expect, skip }) => {
    const program = python ?? skip(noPython);
    const tensors = {
      weights: toTensor(Float32Array.of(0.5, -1.5, 3e-45, 0), [2, 2]),
      größe: toTensor(Float64Array.of(0.1), []),
      labels: toTensor(Int32Array.of(-7, 3), [2]),
      pixels: toTensor(Uint8Array.of(0, 255, 1), [3]),
      none: toTensor(new Int8Array(), [0, 4]),
    };
    const folder = mkdtempSync(join(tmpdir(), "edgeprop-python-"));
    try {
      const file = join(folder, "file.safetensors");
      writeFileSync(file, encodeSafetensors({ tensors, metadata: { note: "as it is" } }));
      expect(JSON.parse(runPython(program, ["-c", reader, file]))).toEqual({
        metadata: { note: "as it is" },
        weights: ["F32", [2, 2], [0.5, -1.5, Math.fround(3e-45), 0]],
        größe: ["F64", [], [0.1]],
        labels: ["I32", [2], [-7, 3]],
        pixels: ["U8", [3], [0, 255, 1]],
        none: ["I8", [0, 4], []],
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
