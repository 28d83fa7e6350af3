import { toImageShape } from "../../model/index.ts";
import type { ImageShape, MaxPool2dSpec, PlacedLayer } from "../../model/index.ts";
import type { LayerCalls, LayerContext } from "./layer-calls.ts";

/** Layers without params: G of the output becomes dL/da of the input, and there is no direction. */

export function maxPool2dCalls(
  { size }: MaxPool2dSpec,
  layer: PlacedLayer,
  context: LayerContext,
): LayerCalls {
  const { kernels, rows, input, output, outputGradient, inputGradient } = context;
  const { height, width, channels } = imageOf(layer);
  return {
    forward: [() => kernels.maxPool2d(rows, height, width, channels, size, input, output)],
    propagate:
      inputGradient === null
        ? []
        : [
            () =>
              kernels.maxPool2dBackward(
                rows,
                height,
                width,
                channels,
                size,
                input,
                output,
                outputGradient,
                inputGradient,
              ),
          ],
    direction: [],
  };
}

export function avgPool2dCalls(
  size: number | "global",
  layer: PlacedLayer,
  context: LayerContext,
): LayerCalls {
  const { height, width, channels } = imageOf(layer);
  const [windowHeight, windowWidth] = size === "global" ? [height, width] : [size, size];
  return meanCalls({ height, width, channels, windowHeight, windowWidth }, context);
}

/** The positions as an image of one column, and one window over all of it. */
export function globalAvgPool1dCalls({ inputShape }: PlacedLayer, context: LayerContext): LayerCalls {
  const [height = 1, channels = 1] = inputShape;
  return meanCalls({ height, width: 1, channels, windowHeight: height, windowWidth: 1 }, context);
}

interface Windows extends ImageShape {
  readonly windowHeight: number;
  readonly windowWidth: number;
}

function meanCalls(
  { height, width, channels, windowHeight, windowWidth }: Windows,
  context: LayerContext,
): LayerCalls {
  const { kernels, rows, input, output, outputGradient, inputGradient } = context;
  return {
    forward: [
      () => kernels.avgPool2d(rows, height, width, channels, windowHeight, windowWidth, input, output),
    ],
    propagate:
      inputGradient === null
        ? []
        : [
            () =>
              kernels.avgPool2dBackward(
                rows,
                height,
                width,
                channels,
                windowHeight,
                windowWidth,
                outputGradient,
                inputGradient,
              ),
          ],
    direction: [],
  };
}

export function flattenCalls({ inputSize }: PlacedLayer, context: LayerContext): LayerCalls {
  const { kernels, rows, input, output, outputGradient, inputGradient } = context;
  return {
    forward: [() => kernels.copy(rows * inputSize, input, output)],
    propagate:
      inputGradient === null ? [] : [() => kernels.copy(rows * inputSize, outputGradient, inputGradient)],
    direction: [],
  };
}

function imageOf({ index, inputShape, spec }: PlacedLayer) {
  return toImageShape(inputShape, `layers[${index}]`, spec.type);
}
