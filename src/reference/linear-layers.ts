import type { PlacedLayer } from "../kinds/layer-type.ts";
import type { Conv2dSpec, DepthwiseConv2dSpec } from "../layers/index.ts";
import { convGeometry } from "../layers/parts/conv-geometry.ts";
import { beside, matrix, product, range, transpose } from "./matrix.ts";
import type { Matrix } from "./matrix.ts";
import type { ExplicitStep } from "./pass.ts";

/*
 * The layers whose z is linear in their params: z = A W, block by block. A dense layer or a
 * convolution is one block; a depthwise convolution is one for each channel. Examples are rows, images flat in
 * (y, x, channel).
 */

interface Block {
  /** Places of the input values of each output position; null in the padding. */
  readonly patches: readonly (readonly (number | null)[])[];
  /** The output channels that are made of them. */
  readonly channels: readonly number[];
}

function blocksOf({ spec, inputShape, inputSize, outputShape }: PlacedLayer): Block[] {
  const channels = range(outputShape.at(-1) ?? 0);
  if (spec.type === "conv2d")
    return [{ patches: patchesOf(spec as Conv2dSpec, inputShape, range(inputShape.at(-1) ?? 0)), channels }];
  if (spec.type === "depthwiseConv2d") {
    return channels.map((channel) => ({
      patches: patchesOf(spec as DepthwiseConv2dSpec, inputShape, [channel]),
      channels: [channel],
    }));
  }
  return [{ patches: [range(inputSize)], channels }];
}

/** For each output position the places of (ky, kx, channel). */
function patchesOf(
  spec: Conv2dSpec | DepthwiseConv2dSpec,
  inputShape: readonly number[],
  seen: readonly number[],
): (number | null)[][] {
  const geometry = convGeometry(spec, { inputShape, path: "" });
  const { height, width, channels, outHeight, outWidth, padTop, padLeft } = geometry;
  const { kernelSize, stride } = spec;
  return grid(outHeight, outWidth).map(([outY, outX]) =>
    grid(kernelSize, kernelSize).flatMap(([ky, kx]) => {
      const [y, x] = [outY * stride - padTop + ky, outX * stride - padLeft + kx];
      const isInside = y >= 0 && y < height && x >= 0 && x < width;
      return seen.map((channel) => (isInside ? (y * width + x) * channels + channel : null));
    }),
  );
}

interface LinearPass {
  /** (examples, output values) */
  readonly z: Matrix;
  /** From G (examples, output values); `toDirection` makes a block's D of its A and G. */
  readonly backward: (g: Matrix, toDirection: (a: Matrix, g: Matrix) => Matrix) => ExplicitStep;
}

export function linearPass(layer: PlacedLayer, params: ArrayLike<number>, input: Matrix): LinearPass {
  const weights = weightsOf(layer, params);
  const blocks = blocksOf(layer).map((block) => ({
    ...block,
    a: matrixOf(block, input),
    weights: columnsOf(weights, block.channels),
  }));
  const channels = weights[0]?.length ?? 1;
  const positions = layer.outputSize / channels;
  const rows = beside(blocks.map((block) => product(block.a, block.weights)));
  return {
    z: range(input.length).map((example) =>
      rows.slice(example * positions, (example + 1) * positions).flat(),
    ),
    backward(g, toDirection) {
      const gRows = g.flatMap((example) =>
        range(positions).map((position) => example.slice(position * channels, (position + 1) * channels)),
      );
      const inputGradient = input.map((example) => example.map(() => 0));
      const directions = blocks.map((block) => {
        const ownG = columnsOf(gRows, block.channels);
        addPatches(block, product(ownG, transpose(block.weights.slice(0, -1))), inputGradient);
        return toDirection(block.a, ownG);
      });
      return { direction: beside(directions).flat(), inputGradient };
    },
  };
}

/** A = [patches, 1], (examples x positions, values of a patch + 1). */
function matrixOf({ patches }: Block, examples: Matrix): Matrix {
  return examples.flatMap((example) =>
    patches.map((places) => [...places.map((place) => (place === null ? 0 : (example[place] ?? 0))), 1]),
  );
}

/** Every value of the patches is added to the place it is of. */
function addPatches({ patches }: Block, rows: Matrix, examples: number[][]): void {
  for (const [row, values] of rows.entries()) {
    const example = examples[Math.floor(row / patches.length)] ?? [];
    for (const [k, place] of (patches[row % patches.length] ?? []).entries()) {
      if (place !== null) example[place] = (example[place] ?? 0) + (values[k] ?? 0);
    }
  }
}

/** (in + 1, out): the weights, and the bias as the last row. */
function weightsOf({ params: [weights, bias] }: PlacedLayer, params: ArrayLike<number>): Matrix {
  const offset = weights?.offset ?? 0;
  const outputs = bias?.length ?? 0;
  return matrix(
    (weights?.length ?? 0) / outputs + 1,
    outputs,
    (i, j) => params[offset + i * outputs + j] ?? 0,
  );
}

function columnsOf(a: Matrix, columns: readonly number[]): Matrix {
  return a.map((row) => columns.map((column) => row[column] ?? 0));
}

function grid(a: number, b: number): (readonly [number, number])[] {
  return range(a).flatMap((i) => range(b).map((j) => [i, j] as const));
}
