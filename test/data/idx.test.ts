import { it } from "vitest";
import { parseIdx } from "../../src/data/index.ts";

const header = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3];

it("reads the shape and the bytes of an IDX file", ({ expect }) => {
  const { shape, values } = parseIdx(Uint8Array.from([...header, 1, 2, 3, 4, 5, 6]));
  expect(shape).toEqual([2, 3]);
  expect([...values]).toEqual([1, 2, 3, 4, 5, 6]);
});

it.for([
  ["no IDX file", [1, 2, 3, 4], "bad-file"],
  ["another type", [0, 0, 13, 1, 0, 0, 0, 0], "unsupported"],
  ["a cut header", header.slice(0, 9), "bad-file"],
  ["a cut body", [...header, 1, 2, 3], "bad-file"],
  ["a surplus byte", [...header, 1, 2, 3, 4, 5, 6, 7], "bad-file"],
] as const)("refuses %s", ([, bytes, code], { expect }) => {
  expect(() => parseIdx(Uint8Array.from(bytes))).toThrow(expect.objectContaining({ code }));
});
