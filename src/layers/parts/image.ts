import { EdgepropError } from "../../errors.ts";

/** Shape of one example of a layer on images. */
export interface ImageShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Throws `bad-shape`. */
export function toImageShape(shape: readonly number[], path: string, layer: string): ImageShape {
  const [height, width, channels, ...others] = shape;
  if (height !== undefined && width !== undefined && channels !== undefined && others.length === 0)
    return { height, width, channels };
  throw wrongShape({ path, layer, found: shape }, "[height, width, channels]");
}

/** A layer whose input has another shape than it takes. */
export function wrongShape(
  {
    path,
    layer,
    found,
  }: { readonly path: string; readonly layer: string; readonly found: readonly number[] },
  expected: string,
): EdgepropError {
  return new EdgepropError(
    "bad-shape",
    `${path}: ${layer} layers take examples of shape ${expected}; found [${found.join(", ")}]`,
  );
}
