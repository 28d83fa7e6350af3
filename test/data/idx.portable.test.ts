import { idxDataset, parseIdx } from "edgeprop";
import { it } from "vitest";

const header = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3];

it("reads the shape and the bytes of an IDX file", ({ expect }) => {
  const { shape, values } = parseIdx(Uint8Array.from([...header, 1, 2, 3, 4, 5, 6]));
  expect(shape).toEqual([2, 3]);
  expect([...values]).toEqual([1, 2, 3, 4, 5, 6]);
});

it.for([
  ["no IDX file", [1, 2, 3, 4], "bad-file"],
  ["another type", [0, 0, 13, 1, 0, 0, 0, 0], "unsupported"],
  ["a packed file", [0x1f, 0x8b, 8, 0], "bad-file"],
  ["a cut header", header.slice(0, 9), "bad-file"],
  ["a cut body", [...header, 1, 2, 3], "bad-file"],
  ["a surplus byte", [...header, 1, 2, 3, 4, 5, 6, 7], "bad-file"],
] as const)("refuses %s", ([, bytes, code], { expect }) => {
  expect(() => parseIdx(Uint8Array.from(bytes))).toThrow(expect.objectContaining({ code }));
});

const images = Uint8Array.from([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 51, 102, 255]);
const labels = Uint8Array.from([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]);

it("makes a dataset of images and labels", ({ expect }) => {
  expect(idxDataset({ images, labels })).toEqual({
    numExamples: 2,
    inputSize: 2,
    inputs: Uint8Array.of(0, 51, 102, 255),
    inputScale: 1 / 255,
    targets: Uint8Array.of(7, 9),
  });
});

it.for([
  ["other numbers of images and labels", images, Uint8Array.from([0, 0, 8, 1, 0, 0, 0, 1, 7])],
  ["labels that are images", images, images],
  ["images that are labels", labels, labels],
] as const)("refuses %s", ([, first, second], { expect }) => {
  expect(() => idxDataset({ images: first, labels: second })).toThrow(
    expect.objectContaining({
      code: "bad-shape",
      message: expect.stringMatching(/images have shape .*; expected \[n, height, width\] and \[n\]/),
    }),
  );
});

it("reads what its own advice unpacks", async ({ expect }) => {
  const packed = new Blob([labels]).stream().pipeThrough(new CompressionStream("gzip"));
  const blob = await new Response(packed).blob();
  await expect(blob.arrayBuffer().then((bytes) => parseIdx(new Uint8Array(bytes)))).rejects.toMatchObject({
    message: expect.stringMatching(/packed by gzip; unpack it first/),
  });
  const bytes = await new Response(blob.stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  expect(parseIdx(new Uint8Array(bytes))).toEqual({ shape: [2], values: Uint8Array.of(7, 9) });
});
