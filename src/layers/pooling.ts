import { EdgepropError } from "../errors.ts";
import { linked } from "../kinds/link.ts";
import type { LayerCalls, LayerContext } from "../kinds/layer-calls.ts";
import type { LayerType, PlacedLayer } from "../kinds/layer-type.ts";
import { toImageShape, wrongShape } from "./parts/image.ts";
import type { ImageShape } from "./parts/image.ts";

/* Layers without params: G of the output becomes dL/da of the input, and there is no direction. */

/** The largest value of windows of size x size, side by side. */
export interface MaxPool2dSpec {
  readonly type: "maxPool2d";
  readonly size: number;
}

/** The mean of windows of size x size, side by side. */
export interface AvgPool2dSpec {
  readonly type: "avgPool2d";
  readonly size: number;
}

/** The mean of each channel: (height, width, channels) becomes (channels). */
export interface GlobalAvgPool2dSpec {
  readonly type: "globalAvgPool2d";
}

/** The mean over positions: (length, units) becomes (units). */
export interface GlobalAvgPool1dSpec {
  readonly type: "globalAvgPool1d";
}

/**
 * The largest value of each window of size x size; lines and columns that fill no window are left out.
 *
 * @example
 * const model = sequential({ input: [28, 28, 1] }, [maxPool2d(2), flatten(), dense(10)]);
 */
export function maxPool2d(size = 2): MaxPool2dSpec {
  return linked({ type: "maxPool2d", size }, maxPool2dLayer);
}

/**
 * The mean of each window of size x size; lines and columns that fill no window are left out.
 *
 * @example
 * const model = sequential({ input: [28, 28, 1] }, [avgPool2d(4), flatten(), dense(10)]);
 */
export function avgPool2d(size = 2): AvgPool2dSpec {
  return linked({ type: "avgPool2d", size }, avgPool2dLayer);
}

/**
 * The mean of each channel over the whole image.
 *
 * @example
 * const model = sequential({ input: [8, 8, 3] }, [conv2d(16, { kernelSize: 3 }), globalAvgPool2d(), dense(10)]);
 */
export function globalAvgPool2d(): GlobalAvgPool2dSpec {
  return linked({ type: "globalAvgPool2d" }, globalAvgPool2dLayer);
}

/**
 * The mean over the positions of a sequence: [length, units] becomes [units].
 *
 * @example
 * const model = sequential({ input: [32] }, [embedding(16, { vocabularySize: 1000 }), globalAvgPool1d(), dense(2)]);
 */
export function globalAvgPool1d(): GlobalAvgPool1dSpec {
  return linked({ type: "globalAvgPool1d" }, globalAvgPool1dLayer);
}

interface Pool2dSpec<T extends string> {
  readonly type: T;
  readonly size: number;
}

/** A layer of windows side by side; the two differ in what they make of a window. */
function pool2dLayer<T extends string>(
  type: T,
  calls: LayerType<Pool2dSpec<T>>["calls"],
): LayerType<Pool2dSpec<T>> {
  return {
    type,
    isPerExample: true,
    keepsRange: true,
    calls,

    parse(fields) {
      fields.allowOnly(["type", "size"]);
      return { type, size: fields.positiveInteger("size", 2) };
    },
    form({ size }, { inputShape, path }) {
      const { height, width, channels } = toImageShape(inputShape, path, type);
      if (size > height || size > width) {
        throw new EdgepropError(
          "bad-shape",
          `${path}: a size of ${size} does not fit images of ${height} x ${width}`,
        );
      }
      return { outputShape: [Math.floor(height / size), Math.floor(width / size), channels], params: [] };
    },
  };
}

export const maxPool2dLayer: LayerType<MaxPool2dSpec> = /* @__PURE__ */ pool2dLayer(
  "maxPool2d",
  (layer, { kernels, rows, input, output, outputGradient, inputGradient }) => {
    const { height, width, channels } = imageOf(layer);
    const sizes = [rows, height, width, channels, layer.spec.size] as const;
    return {
      forward: [() => kernels.maxPool2d(...sizes, input, output)],
      propagate:
        inputGradient === null
          ? []
          : [() => kernels.maxPool2dBackward(...sizes, input, output, outputGradient, inputGradient)],
    };
  },
);

export const avgPool2dLayer: LayerType<AvgPool2dSpec> = /* @__PURE__ */ pool2dLayer(
  "avgPool2d",
  (layer, context) => {
    const { size } = layer.spec;
    return meanCalls({ ...imageOf(layer), windowHeight: size, windowWidth: size }, context);
  },
);

export const globalAvgPool2dLayer: LayerType<GlobalAvgPool2dSpec> = {
  type: "globalAvgPool2d",
  isPerExample: true,
  keepsRange: true,

  parse(fields) {
    fields.allowOnly(["type"]);
    return globalAvgPool2d();
  },

  form: (_, { inputShape, path }) => ({
    outputShape: [toImageShape(inputShape, path, "globalAvgPool2d").channels],
    params: [],
  }),

  calls(layer, context) {
    const image = imageOf(layer);
    return meanCalls({ ...image, windowHeight: image.height, windowWidth: image.width }, context);
  },
};

export const globalAvgPool1dLayer: LayerType<GlobalAvgPool1dSpec> = {
  type: "globalAvgPool1d",
  isPerExample: true,
  keepsRange: true,

  parse(fields) {
    fields.allowOnly(["type"]);
    return globalAvgPool1d();
  },

  form(_, { inputShape, path }) {
    const [length, units, ...others] = inputShape;
    if (length === undefined || units === undefined || others.length > 0)
      throw wrongShape({ path, layer: "globalAvgPool1d", found: inputShape }, "[length, units]");
    return { outputShape: [units], params: [] };
  },

  /** The positions are an image of one column, with one window over all of it. */
  calls({ inputShape }, context) {
    const [height = 1, channels = 1] = inputShape;
    return meanCalls({ height, width: 1, channels, windowHeight: height, windowWidth: 1 }, context);
  },
};

interface Windows extends ImageShape {
  readonly windowHeight: number;
  readonly windowWidth: number;
}

function meanCalls(
  { height, width, channels, windowHeight, windowWidth }: Windows,
  { kernels, rows, input, output, outputGradient, inputGradient }: LayerContext,
): LayerCalls {
  const sizes = [rows, height, width, channels, windowHeight, windowWidth] as const;
  return {
    forward: [() => kernels.avgPool2d(...sizes, input, output)],
    propagate:
      inputGradient === null
        ? []
        : [() => kernels.avgPool2dBackward(...sizes, outputGradient, inputGradient)],
  };
}

function imageOf({ index, inputShape, spec }: PlacedLayer): ImageShape {
  return toImageShape(inputShape, `layers[${index}]`, spec.type);
}
