import { createRandom } from "edgeprop";
import type { Arena } from "edgeprop/runtime";
import { describe, it } from "vitest";
import type { Build } from "../support/kernels.ts";
import { builds, kernelArena, largestDifference, untouched } from "../support/kernels.ts";

interface Geometry {
  readonly examples: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly kernelSize: number;
  readonly stride: number;
  readonly padTop: number;
  readonly padLeft: number;
  readonly outHeight: number;
  readonly outWidth: number;
}

/** Around lanes of 4 channels, with and without padding, more at the end than at the start, windows outside the image. */
const geometries: readonly Geometry[] = [1, 3, 4, 5, 9].flatMap((channels) =>
  [
    { kernelSize: 1, stride: 1, padTop: 0, padLeft: 0, outHeight: 5, outWidth: 6 },
    { kernelSize: 3, stride: 1, padTop: 1, padLeft: 1, outHeight: 5, outWidth: 6 },
    { kernelSize: 3, stride: 2, padTop: 0, padLeft: 0, outHeight: 2, outWidth: 2 },
    { kernelSize: 4, stride: 2, padTop: 1, padLeft: 1, outHeight: 3, outWidth: 3 },
    { kernelSize: 2, stride: 3, padTop: 3, padLeft: 3, outHeight: 4, outWidth: 4 },
  ].map((window) => ({ examples: 2, height: 5, width: 6, channels, ...window })),
);

/** Buffers of random values with one `untouched` value behind each. */
function arenaOf(build: Build, counts: Readonly<Record<string, number>>): Arena {
  const sizes = Object.entries(counts).map(([name, count]) => [name, 4 * (count + 1)] as const);
  const arena = kernelArena(build, Object.fromEntries(sizes));
  const random = createRandom("convolution");
  for (const [name, count] of Object.entries(counts)) {
    const values = arena.floats(name);
    for (let i = 0; i < count; i++) values[i] = 2 * random.uniform() - 1;
    values[count] = untouched;
  }
  return arena;
}

/** Index into the images of every value of every patch, or -1 in the padding. */
function placesOf(geometry: Geometry): number[] {
  const { examples, height, width, channels, kernelSize, stride, padTop, padLeft, outHeight, outWidth } =
    geometry;
  const places: number[] = [];
  for (let example = 0; example < examples; example++) {
    for (let outY = 0; outY < outHeight; outY++) {
      for (let outX = 0; outX < outWidth; outX++) {
        for (let ky = 0; ky < kernelSize; ky++) {
          for (let kx = 0; kx < kernelSize; kx++) {
            const [y, x] = [outY * stride - padTop + ky, outX * stride - padLeft + kx];
            const isInside = y >= 0 && y < height && x >= 0 && x < width;
            for (let channel = 0; channel < channels; channel++)
              places.push(isInside ? ((example * height + y) * width + x) * channels + channel : -1);
          }
        }
      }
    }
  }
  return places;
}

function callBlocks(
  geometry: Geometry,
  linesAtOnce: number,
  call: (firstLine: number, lines: number, sizes: readonly number[]) => void,
): void {
  const { examples, height, width, channels, kernelSize, stride, padTop, padLeft, outHeight, outWidth } =
    geometry;
  const sizes = [height, width, channels, kernelSize, stride, padTop, padLeft, outHeight, outWidth];
  for (let line = 0; line < examples * outHeight; line += linesAtOnce)
    call(line, Math.min(linesAtOnce, examples * outHeight - line), sizes);
}

type Sizes = [number, number, number, number, number, number, number, number, number];

describe.for(builds)("%s", (build) => {
  it("im2col gathers every patch, block by block of lines", ({ expect }) => {
    for (const geometry of geometries) {
      const { examples, height, width, channels, kernelSize, outHeight, outWidth } = geometry;
      const imageCount = examples * height * width * channels;
      const line = outWidth * kernelSize ** 2 * channels;
      for (const linesAtOnce of [1, 3, 100]) {
        const arena = arenaOf(build, { images: imageCount, patches: examples * outHeight * line });
        callBlocks(geometry, linesAtOnce, (first, lines, sizes) =>
          arena.kernels.im2col(
            first,
            lines,
            ...(sizes as Sizes),
            arena.at("images"),
            arena.at("patches") + 4 * first * line,
          ),
        );
        const images = arena.floats("images");
        const expected = placesOf(geometry).map((place) => (place < 0 ? 0 : (images[place] ?? 0)));
        expect([...arena.floats("patches")], JSON.stringify(geometry)).toEqual([...expected, untouched]);
      }
    }
  });

  it("col2im adds every patch to its places, block by block of lines", ({ expect }) => {
    for (const geometry of geometries) {
      const { examples, height, width, channels, kernelSize, outHeight, outWidth } = geometry;
      const imageCount = examples * height * width * channels;
      const line = outWidth * kernelSize ** 2 * channels;
      for (const linesAtOnce of [1, 3, 100]) {
        const arena = arenaOf(build, { images: imageCount, patches: examples * outHeight * line });
        const expected = [...arena.floats("images")];
        for (const [i, place] of placesOf(geometry).entries()) {
          if (place >= 0) expected[place] = (expected[place] ?? 0) + (arena.floats("patches")[i] ?? 0);
        }
        callBlocks(geometry, linesAtOnce, (first, lines, sizes) =>
          arena.kernels.col2im(
            first,
            lines,
            ...(sizes as Sizes),
            arena.at("patches") + 4 * first * line,
            arena.at("images"),
          ),
        );
        // Up to 17 roundings of sums below 17.
        expect(largestDifference(arena.floats("images"), expected), JSON.stringify(geometry)).toBeLessThan(
          17 * 17 * 2 ** -24,
        );
      }
    }
  });

  const windows = [
    { height: 4, width: 6, windowHeight: 2, windowWidth: 2 },
    { height: 5, width: 7, windowHeight: 2, windowWidth: 2 },
    { height: 3, width: 3, windowHeight: 1, windowWidth: 1 },
    { height: 7, width: 8, windowHeight: 3, windowWidth: 3 },
    { height: 5, width: 4, windowHeight: 5, windowWidth: 4 },
  ].flatMap((window) => [1, 3, 4, 5, 9].map((channels) => ({ ...window, channels })));
  type Window = (typeof windows)[number];

  const examples = 2;
  /** Of each output value, the indices of its inputs. */
  function windowPlaces({ height, width, windowHeight, windowWidth, channels }: Window): number[][] {
    const all: number[][] = [];
    for (let example = 0; example < examples; example++) {
      for (let top = 0; top + windowHeight <= height; top += windowHeight) {
        for (let left = 0; left + windowWidth <= width; left += windowWidth) {
          for (let channel = 0; channel < channels; channel++) {
            const places: number[] = [];
            for (let y = top; y < top + windowHeight; y++) {
              for (let x = left; x < left + windowWidth; x++)
                places.push(((example * height + y) * width + x) * channels + channel);
            }
            all.push(places);
          }
        }
      }
    }
    return all;
  }

  function poolArena(window: Window): Arena {
    const inputs = examples * window.height * window.width * window.channels;
    const outputs = windowPlaces(window).length;
    return arenaOf(build, { input: inputs, output: outputs, gradient: outputs, inputGradient: inputs });
  }

  it("maxPool2d takes the largest, and its backward gives the gradient to the first of them", ({
    expect,
  }) => {
    for (const window of windows.filter((each) => each.windowHeight === each.windowWidth)) {
      const { height, width, channels, windowHeight: size } = window;
      const arena = poolArena(window);
      const { kernels } = arena;
      const input = arena.floats("input");
      // Few different values: ties.
      for (let i = 0; i < input.length - 1; i++) input[i] = Math.round(2 * (input[i] ?? 0));
      const [from, to] = [arena.at("input"), arena.at("output")];
      kernels.maxPool2d(examples, height, width, channels, size, from, to);
      const places = windowPlaces(window);
      const largest = places.map((each) => Math.max(...each.map((place) => input[place] ?? 0)));
      expect(largestDifference(arena.floats("output"), [...largest, untouched])).toBe(0);

      const expected: number[] = Array.from({ length: input.length - 1 }, () => 0);
      for (const [output, each] of places.entries()) {
        const first = each.find((place) => input[place] === largest[output]) ?? -1;
        expected[first] = arena.floats("gradient")[output] ?? Number.NaN;
      }
      const [gradient, back] = [arena.at("gradient"), arena.at("inputGradient")];
      kernels.maxPool2dBackward(examples, height, width, channels, size, from, to, gradient, back);
      expect(largestDifference(arena.floats("inputGradient"), [...expected, untouched])).toBe(0);
    }
  });

  it("avgPool2d takes the mean, and its backward spreads the gradient evenly", ({ expect }) => {
    for (const window of windows) {
      const { height, width, channels, windowHeight, windowWidth } = window;
      const arena = poolArena(window);
      const { kernels } = arena;
      const input = arena.floats("input");
      const sizes = [examples, height, width, channels, windowHeight, windowWidth] as const;
      kernels.avgPool2d(...sizes, arena.at("input"), arena.at("output"));
      const places = windowPlaces(window);
      const part = 1 / (windowHeight * windowWidth);
      const means = places.map((each) => part * each.reduce((sum, place) => sum + (input[place] ?? 0), 0));
      // Up to 20 roundings of sums below 20, divided by as many.
      expect(largestDifference(arena.floats("output"), [...means, untouched])).toBeLessThan(22 * 2 ** -24);

      const expected: number[] = Array.from({ length: input.length - 1 }, () => 0);
      for (const [output, each] of places.entries()) {
        for (const place of each) expected[place] = part * (arena.floats("gradient")[output] ?? Number.NaN);
      }
      kernels.avgPool2dBackward(...sizes, arena.at("gradient"), arena.at("inputGradient"));
      expect(largestDifference(arena.floats("inputGradient"), [...expected, untouched])).toBeLessThan(
        2 ** -23,
      );
    }
  });

  it("copy, accumulate and clear touch their values alone", ({ expect }) => {
    for (const count of [0, 1, 3, 4, 5, 33, 1001]) {
      const arena = arenaOf(build, { values: count, out: count });
      const { kernels } = arena;
      const [values, out] = [arena.at("values"), arena.at("out")];
      const sums = [...arena.floats("values")].map((value, i) =>
        Math.fround(value + (arena.floats("out")[i] ?? 0)),
      );
      kernels.accumulate(count, values, out);
      expect([...arena.floats("out")]).toEqual([...sums.slice(0, count), untouched]);
      kernels.copy(count, values, out);
      expect(arena.floats("out")).toEqual(arena.floats("values"));
      kernels.clear(count, out);
      expect([...arena.floats("out")]).toEqual([...Array.from({ length: count }, () => 0), untouched]);
    }
  });
});
