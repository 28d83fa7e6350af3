import { describe, it } from "vitest";
import { createRandom } from "edgeprop";
import { builds, kernelArena, largestDifference, untouched } from "../support/kernels.ts";

const geometries = [
  { height: 5, width: 4, kernelSize: 3, stride: 1, padTop: 1, padLeft: 1, outHeight: 5, outWidth: 4 },
  { height: 6, width: 7, kernelSize: 2, stride: 3, padTop: 0, padLeft: 0, outHeight: 2, outWidth: 2 },
  // A padding wider than the kernel: some outputs see no value at all.
  { height: 2, width: 3, kernelSize: 2, stride: 2, padTop: 3, padLeft: 4, outHeight: 4, outWidth: 5 },
  { height: 1, width: 1, kernelSize: 1, stride: 1, padTop: 0, padLeft: 0, outHeight: 1, outWidth: 1 },
] as const;
const cases = geometries.flatMap((geometry) =>
  [0, 1, 3, 4, 5, 9].flatMap((channels) =>
    [0, 1, 3].map((examples) => ({ ...geometry, channels, examples })),
  ),
);

describe.for(builds)("%s", (build) => {
  it("convolves every channel by itself, and back, as plain loops do", ({ expect }) => {
    for (const { examples, height, width, channels, ...conv } of cases) {
      const { kernelSize, stride, padTop, padLeft, outHeight, outWidth } = conv;
      const taps = kernelSize ** 2;
      const sizes = {
        images: examples * height * width * channels,
        params: (taps + 1) * channels,
        output: examples * outHeight * outWidth * channels,
        g: examples * outHeight * outWidth * channels,
        back: examples * height * width * channels,
        direction: (taps + 1) * channels,
        patches: examples * outHeight * outWidth * taps,
      };
      const entries = Object.entries(sizes);
      const arena = kernelArena(
        build,
        Object.fromEntries(entries.map(([name, count]) => [name, 4 * (count + 1)])),
      );
      const random = createRandom("depthwise", channels);
      for (const [name, count] of entries) {
        const values = arena.floats(name);
        for (let i = 0; i < count; i++) values[i] = 2 * random.uniform() - 1;
        values[count] = untouched;
      }
      const read = (name: string) => [...arena.floats(name)];
      const [images, params, g] = [read("images"), read("params"), read("g")];
      const output = Array.from({ length: sizes.output }, () => 0);
      const back = Array.from({ length: sizes.back }, () => 0);
      const direction = Array.from({ length: sizes.direction }, () => 0);
      const patches = Array.from({ length: sizes.patches }, () => 0);
      for (let position = 0; position < examples * outHeight * outWidth; position++) {
        const example = Math.floor(position / (outHeight * outWidth));
        const outY = Math.floor(position / outWidth) % outHeight;
        const outX = position % outWidth;
        for (let channel = 0; channel < channels; channel++) {
          const to = position * channels + channel;
          output[to] = (output[to] ?? 0) + (params[taps * channels + channel] ?? 0);
          direction[taps * channels + channel] = (direction[taps * channels + channel] ?? 0) + (g[to] ?? 0);
          for (let tap = 0; tap < taps; tap++) {
            const y = outY * stride - padTop + Math.floor(tap / kernelSize);
            const x = outX * stride - padLeft + (tap % kernelSize);
            if (y < 0 || y >= height || x < 0 || x >= width) continue;
            const from = ((example * height + y) * width + x) * channels + channel;
            const weight = tap * channels + channel;
            output[to] = (output[to] ?? 0) + (images[from] ?? 0) * (params[weight] ?? 0);
            back[from] = (back[from] ?? 0) + (g[to] ?? 0) * (params[weight] ?? 0);
            direction[weight] = (direction[weight] ?? 0) + (g[to] ?? 0) * (images[from] ?? 0);
            if (channel === channels - 1) patches[position * taps + tap] = images[from] ?? 0;
          }
        }
      }
      const geometry = [height, width, channels] as const;
      const places = [kernelSize, stride, padTop, padLeft, outHeight, outWidth] as const;
      const { kernels } = arena;
      const at = (name: keyof typeof sizes) => arena.at(name);
      kernels.depthwiseConv2d(examples, ...geometry, ...places, at("images"), at("params"), at("output"));
      kernels.depthwiseConv2dBackward(examples, ...geometry, ...places, at("g"), at("params"), at("back"));
      kernels.depthwiseConv2dGradient(
        examples,
        ...geometry,
        ...places,
        at("images"),
        at("g"),
        at("direction"),
      );
      // Sums of up to 60 products of values up to 1.
      expect(largestDifference(read("output"), [...output, untouched])).toBeLessThan(5e-6);
      expect(largestDifference(read("back"), [...back, untouched])).toBeLessThan(5e-6);
      expect(largestDifference(read("direction"), [...direction, untouched])).toBeLessThan(5e-6);
      if (channels === 0 || examples === 0) continue;
      // In two blocks of output lines, of which the second begins within an example.
      const lines = examples * outHeight;
      const first = Math.ceil(lines / 2);
      kernels.channelPatches(0, first, ...geometry, channels - 1, ...places, at("images"), at("patches"));
      kernels.channelPatches(
        first,
        lines - first,
        ...geometry,
        channels - 1,
        ...places,
        at("images"),
        at("patches") + 4 * first * outWidth * taps,
      );
      expect(read("patches")).toEqual([...patches, untouched]);
    }
  });
});
