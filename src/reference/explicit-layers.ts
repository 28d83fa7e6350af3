import type { PlacedLayer } from "../kinds/layer-type.ts";
import type { allLayers, DropoutSpec, EmbeddingSpec } from "../layers/index.ts";
import { customReference } from "./custom.ts";
import { range } from "./matrix.ts";
import type { Matrix } from "./matrix.ts";
import { batchNorm, layerNorm } from "./normalization.ts";
import type { LayerPass, ReferenceLayer } from "./pass.ts";
import { dropoutFactors } from "./random.ts";

/* The layers that take explicit steps, by the places of their values: an example is a row. */

const embedding: ReferenceLayer = {
  forward: ({ layer, params, input }) =>
    input.map((tokens) => tokens.flatMap((token) => rowOf(layer, params, token))),

  backward({ layer, input }, gradient) {
    const { vocabularySize, units } = layer.spec as EmbeddingSpec;
    const direction = range(vocabularySize * units).map(() => 0);
    for (const [row, tokens] of input.entries()) {
      for (const [position, token] of tokens.entries()) {
        for (const unit of range(units)) {
          const place = token * units + unit;
          direction[place] = (direction[place] ?? 0) + (gradient[row]?.[position * units + unit] ?? 0);
        }
      }
    }
    return { inputGradient: [], direction };
  },
};

function rowOf({ params: [table], outputShape }: PlacedLayer, params: ArrayLike<number>, token: number) {
  const units = outputShape.at(-1) ?? 0;
  return range(units).map((unit) => params[(table?.offset ?? 0) + token * units + unit] ?? 0);
}

const dropout: ReferenceLayer = {
  forward: (pass) => dropped(pass, pass.input),
  backward: (pass, gradient) => ({ inputGradient: dropped(pass, gradient), direction: [] }),
};

function dropped({ layer, training: { seed = 1, step = 1 } }: LayerPass, values: Matrix): Matrix {
  const { spec, index, outputSize } = layer;
  const { rate } = spec as DropoutSpec;
  const factors = dropoutFactors(values.length * outputSize, { rate, seed, step, layer: index });
  return values.map((row, i) => row.map((value, j) => value * (factors[i * outputSize + j] ?? 0)));
}

const pooling: ReferenceLayer = {
  forward: ({ layer, input }) => poolForward(layer, input),
  backward: ({ layer, input }, gradient) => ({
    inputGradient: poolBackward(layer, input, gradient),
    direction: [],
  }),
};

type LinearLayerName = "dense" | "conv2d" | "depthwiseConv2d";

/** Every layer of edgeprop whose params are not linear in its input, by type. */
const explicitLayers: Readonly<Record<Exclude<keyof typeof allLayers, LinearLayerName>, ReferenceLayer>> = {
  maxPool2d: pooling,
  avgPool2d: pooling,
  globalAvgPool2d: pooling,
  globalAvgPool1d: pooling,
  flatten: pooling,
  batchNorm: {
    forward: (pass) => batchNorm(pass).output,
    backward: (pass, gradient) => batchNorm(pass).backward(gradient),
  },
  layerNorm: {
    forward: (pass) => layerNorm(pass).output,
    backward: (pass, gradient) => layerNorm(pass).backward(gradient),
  },
  dropout,
  embedding,
};

/** A layer that is not among them is a user's own. */
export function explicitLayer({ spec }: PlacedLayer): ReferenceLayer {
  const known: Readonly<Record<string, ReferenceLayer>> = explicitLayers;
  return known[spec.type] ?? customReference;
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
    const size = Number(spec.size);
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
