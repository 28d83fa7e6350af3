import { conv2dGeometry } from "../model/index.ts";
import type { Conv2dSpec, PlacedLayer } from "../model/index.ts";

/** The layers of reference.ts by the places of their values: an example is a row, images flat in (y, x, channel). */
export type Matrix = readonly (readonly number[])[];

/** A layer without params: what each output value is made of, and what it passes on to them. */
export function poolForward(layer: PlacedLayer, examples: Matrix): Matrix {
  const windows = windowsOf(layer);
  const isMax = layer.spec.type === "maxPool2d";
  return examples.map((example) =>
    windows.map((places) => {
      const values = places.map((place) => example[place] ?? 0);
      return isMax ? Math.max(...values) : values.reduce((sum, value) => sum + value, 0) / values.length;
    }),
  );
}

export function poolBackward(layer: PlacedLayer, examples: Matrix, gradient: Matrix): Matrix {
  const windows = windowsOf(layer);
  const isMax = layer.spec.type === "maxPool2d";
  return examples.map((example, row) => {
    const passed = example.map(() => 0);
    for (const [output, places] of windows.entries()) {
      const g = gradient[row]?.[output] ?? 0;
      const largest = Math.max(...places.map((place) => example[place] ?? 0));
      const first = places.find((place) => example[place] === largest) ?? 0;
      for (const place of isMax ? [first] : places) passed[place] = isMax ? g : g / places.length;
    }
    return passed;
  });
}

/** Places of the input values of each output value. */
function windowsOf({ spec, inputShape, outputShape, outputSize }: PlacedLayer): number[][] {
  const [height = 1, width = 1, channels = 1] = inputShape;
  switch (spec.type) {
    case "maxPool2d":
    case "avgPool2d": {
      const [outHeight = 1, outWidth = 1] = outputShape;
      const { size } = spec;
      return grid(outHeight, outWidth, channels).map(([y, x, channel]) =>
        grid(size, size, 1).map(([dy, dx]) => ((y * size + dy) * width + x * size + dx) * channels + channel),
      );
    }
    case "globalAvgPool2d":
      return range(channels).map((channel) =>
        grid(height, width, 1).map(([y, x]) => (y * width + x) * channels + channel),
      );
    case "flatten":
      return range(outputSize).map((place) => [place]);
    case "dense":
    case "conv2d":
      return [];
    default:
      return spec satisfies never;
  }
}

/** The rows of A without their ones: the examples of a dense layer, all patches of a convolution. */
export function toPatches({ spec, inputShape }: PlacedLayer, examples: Matrix): Matrix {
  if (spec.type !== "conv2d") return examples;
  const patches = patchesOf(spec, inputShape);
  return examples.flatMap((example) =>
    patches.map((places) => places.map((place) => (place === null ? 0 : (example[place] ?? 0)))),
  );
}

/** The sum of the patches' values at each place they come from. */
export function fromPatches({ spec, inputShape, inputSize }: PlacedLayer, rows: Matrix): Matrix {
  if (spec.type !== "conv2d") return rows;
  const patches = patchesOf(spec, inputShape);
  return range(rows.length / patches.length).map((example) => {
    const image = range(inputSize).map(() => 0);
    for (const [position, places] of patches.entries()) {
      for (const [k, place] of places.entries()) {
        if (place !== null)
          image[place] = (image[place] ?? 0) + (rows[example * patches.length + position]?.[k] ?? 0);
      }
    }
    return image;
  });
}

/** Place of each value of the patch at each output position, (ky, kx, channel); null in the padding. */
function patchesOf(spec: Conv2dSpec, inputShape: readonly number[]): (number | null)[][] {
  const { height, width, channels, outHeight, outWidth, padTop, padLeft } = conv2dGeometry(
    spec,
    inputShape,
    "",
  );
  const { kernelSize, stride } = spec;
  return grid(outHeight, outWidth, 1).map(([outY, outX]) =>
    grid(kernelSize, kernelSize, channels).map(([ky, kx, channel]) => {
      const [y, x] = [outY * stride - padTop + ky, outX * stride - padLeft + kx];
      const isInside = y >= 0 && y < height && x >= 0 && x < width;
      return isInside ? (y * width + x) * channels + channel : null;
    }),
  );
}

/** (examples, positions x outputs) as the rows of G, and back. */
export function toPositions(examples: Matrix, outputs: number): Matrix {
  return examples.flatMap((example) =>
    range(example.length / outputs).map((position) =>
      example.slice(position * outputs, (position + 1) * outputs),
    ),
  );
}

export function fromPositions(rows: Matrix, examples: number): Matrix {
  const positions = rows.length / examples;
  return range(examples).map((example) => rows.slice(example * positions, (example + 1) * positions).flat());
}

function grid(a: number, b: number, c: number): (readonly [number, number, number])[] {
  return range(a).flatMap((i) => range(b).flatMap((j) => range(c).map((k) => [i, j, k] as const)));
}

function range(count: number): number[] {
  return [...Array(count).keys()];
}
