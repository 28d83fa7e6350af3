import { toImageShape } from "../../model/index.ts";
import type { MaxPool2dSpec, PlacedLayer } from "../../model/index.ts";
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
  const { kernels, rows, input, output, outputGradient, inputGradient } = context;
  const { height, width, channels } = imageOf(layer);
  const [windowHeight, windowWidth] = size === "global" ? [height, width] : [size, size];
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
