import type { PlacedLayer } from "../model/index.ts";
import { customBackward, customForward } from "./custom.ts";
import { range } from "./matrix.ts";
import type { Matrix } from "./matrix.ts";
import { batchNorm, layerNorm } from "./normalization.ts";
import { dropoutFactors } from "./random.ts";
import type { CustomLayers } from "../training/options/custom-layer.ts";

/** The layers of reference.ts that take explicit steps, by the places of their values: an example is a row. */

/** What a layer does depends on, beside params and input. */
export interface ReferenceTraining {
  /** Layers that train. Default all. */
  readonly trainable?: readonly number[];
  /** What dropped values follow from. Default 1 each. */
  readonly seed?: number;
  readonly step?: number;
  readonly customLayers?: CustomLayers;
}

export interface LayerPass {
  readonly layer: PlacedLayer;
  readonly params: ArrayLike<number>;
  readonly input: Matrix;
  readonly training: ReferenceTraining;
}

export function explicitForward(pass: LayerPass): Matrix {
  const { layer, params, input, training } = pass;
  const { spec } = layer;
  switch (spec.type) {
    case "batchNorm":
      return batchNorm(pass).output;
    case "layerNorm":
      return layerNorm(pass).output;
    case "dropout":
      return dropped(pass, input);
    case "embedding":
      return input.map((tokens) => tokens.flatMap((token) => rowOf(layer, params, token)));
    case "custom":
      return customForward(layer, params, input, training.customLayers);
    case "maxPool2d":
    case "avgPool2d":
    case "globalAvgPool2d":
    case "globalAvgPool1d":
    case "flatten":
      return poolForward(layer, input);
    case "dense":
    case "conv2d":
    case "depthwiseConv2d":
      throw new RangeError(`a ${spec.type} layer is linear in its params`);
    default:
      return spec satisfies never;
  }
}

export interface ExplicitStep {
  readonly inputGradient: Matrix;
  /** Of the layer's params, flat; zeros where they are not trained. */
  readonly direction: readonly number[];
}

export function explicitBackward(pass: LayerPass, gradient: Matrix): ExplicitStep {
  const { layer, params, input, training } = pass;
  const { spec } = layer;
  switch (spec.type) {
    case "batchNorm":
      return batchNorm(pass).backward(gradient);
    case "layerNorm":
      return layerNorm(pass).backward(gradient);
    case "dropout":
      return { inputGradient: dropped(pass, gradient), direction: [] };
    case "embedding": {
      const direction = range(spec.vocabularySize * spec.units).map(() => 0);
      for (const [row, tokens] of input.entries()) {
        for (const [position, token] of tokens.entries()) {
          for (const unit of range(spec.units)) {
            const place = token * spec.units + unit;
            direction[place] = (direction[place] ?? 0) + (gradient[row]?.[position * spec.units + unit] ?? 0);
          }
        }
      }
      return { inputGradient: [], direction };
    }
    case "custom":
      return customBackward(layer, params, { input, gradient }, training.customLayers);
    case "maxPool2d":
    case "avgPool2d":
    case "globalAvgPool2d":
    case "globalAvgPool1d":
    case "flatten":
      return { inputGradient: poolBackward(layer, input, gradient), direction: [] };
    case "dense":
    case "conv2d":
    case "depthwiseConv2d":
      throw new RangeError(`a ${spec.type} layer is linear in its params`);
    default:
      return spec satisfies never;
  }
}

function rowOf({ params: [table], outputShape }: PlacedLayer, params: ArrayLike<number>, token: number) {
  const units = outputShape.at(-1) ?? 0;
  return range(units).map((unit) => params[(table?.offset ?? 0) + token * units + unit] ?? 0);
}

function dropped({ layer, training: { seed = 1, step = 1 } }: LayerPass, values: Matrix): Matrix {
  const { spec, index, outputSize } = layer;
  const rate = spec.type === "dropout" ? spec.rate : 0;
  const factors = dropoutFactors(values.length * outputSize, { rate, seed, step, layer: index });
  return values.map((row, i) => row.map((value, j) => value * (factors[i * outputSize + j] ?? 0)));
}

/** A layer without params: what each output value is made of, and what it passes on to them. */
function poolForward(layer: PlacedLayer, examples: Matrix): Matrix {
  const windows = windowsOf(layer);
  const isMax = layer.spec.type === "maxPool2d";
  return examples.map((example) =>
    windows.map((places) => {
      const values = places.map((place) => example[place] ?? 0);
      return isMax ? Math.max(...values) : values.reduce((sum, value) => sum + value, 0) / values.length;
    }),
  );
}

function poolBackward(layer: PlacedLayer, examples: Matrix, gradient: Matrix): Matrix {
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
  if ("size" in spec) {
    const [outHeight = 1, outWidth = 1] = outputShape;
    const { size } = spec;
    return grid(outHeight, outWidth, channels).map(([y, x, channel]) =>
      grid(size, size, 1).map(([dy, dx]) => ((y * size + dy) * width + x * size + dx) * channels + channel),
    );
  }
  if (spec.type === "globalAvgPool2d") {
    return range(channels).map((channel) =>
      grid(height, width, 1).map(([y, x]) => (y * width + x) * channels + channel),
    );
  }
  if (spec.type === "globalAvgPool1d")
    return range(width).map((unit) => range(height).map((position) => position * width + unit));
  return range(outputSize).map((place) => [place]);
}

function grid(a: number, b: number, c: number): (readonly [number, number, number])[] {
  return range(a).flatMap((i) => range(b).flatMap((j) => range(c).map((k) => [i, j, k] as const)));
}
