import { linked } from "../kinds/link.ts";
import type { KernelCall, LayerContext, ProxStep } from "../kinds/layer-calls.ts";
import type { LayerType, PlacedLayer } from "../kinds/layer-type.ts";
import { activationCalls, slopeCalls } from "./parts/activation-calls.ts";
import {
  convDefaults,
  convGeometry,
  linesPerBlock,
  parseConvOptions,
  patchMatrix,
} from "./parts/conv-geometry.ts";
import type { Conv2dOptions, ConvGeometry, ConvSpec } from "./parts/conv-geometry.ts";
import { solveCalls } from "./parts/prox-calls.ts";
import { weightsAndBias } from "./parts/weights.ts";

/** A convolution with every channel by itself: W is (kernelSize, kernelSize, channels), b is (channels). */
export interface DepthwiseConv2dSpec extends ConvSpec {
  readonly type: "depthwiseConv2d";
}

/**
 * A convolution of each channel by itself, with a kernel and a bias of its own.
 *
 * @example
 * const layers = [depthwiseConv2d({ kernelSize: 3, padding: "same", activation: "relu" }), globalAvgPool2d()];
 */
export function depthwiseConv2d(options: Conv2dOptions): DepthwiseConv2dSpec {
  return linked({ ...convDefaults, ...options, type: "depthwiseConv2d" }, depthwiseConv2dLayer);
}

/**
 * Each channel is a layer of its own with one output: A_c = [patches of channel c, 1] is (examples x positions,
 * kernelSize^2 + 1), G_c is column c of G; weights and bias lie together as (kernelSize^2 + 1, channels).
 * forward:  a = sigma(z), z_c = A_c W_c
 * backward: G = dL/da sigma'(z); direction_c = A_c^T G_c, or the prox step's of each channel.
 */
export const depthwiseConv2dLayer: LayerType<DepthwiseConv2dSpec> = {
  type: "depthwiseConv2d",
  isPerExample: true,

  parse(fields) {
    fields.refuse("multiplier", "every channel has one kernel; leave it out");
    return { type: "depthwiseConv2d", ...parseConvOptions(fields, []) };
  },

  form(spec, place) {
    const { kernelSize } = spec;
    const { channels, outHeight, outWidth } = convGeometry(spec, place);
    return {
      outputShape: [outHeight, outWidth, channels],
      params: weightsAndBias([kernelSize, kernelSize, channels], kernelSize ** 2),
    };
  },

  calls(layer, context) {
    const { kernels, rows, input, preactivations, outputGradient, inputGradient, params, direction } =
      context;
    const { height, width, channels, windows } = geometryOf(layer);
    const sizes = [rows, height, width, channels, ...windows] as const;
    return {
      forward: [
        () => kernels.depthwiseConv2d(...sizes, input, params, preactivations),
        ...activationCalls(layer, context),
      ],
      propagate: [
        ...slopeCalls(layer, context),
        ...(inputGradient === null
          ? []
          : [() => kernels.depthwiseConv2dBackward(...sizes, outputGradient, params, inputGradient)]),
      ],
      direction: (prox) =>
        prox === null
          ? [() => kernels.depthwiseConv2dGradient(...sizes, input, outputGradient, direction)]
          : Array.from({ length: channels }, (_, channel) =>
              channelCalls(layer, context, { channel, prox }),
            ).flat(),
    };
  },

  linear: {
    // The matrix of one channel: they take their steps one after the other.
    matrix(layer, examples) {
      const geometry = geometryOf(layer);
      const matrix = patchMatrix(geometry, { patchSize: geometry.kernelArea, outputs: 1, examples });
      return { ...matrix, partialBytes: 0 };
    },
    // With one output per channel, no product is cheaper than the small Gram matrix.
    side: () => "primal",
  },
};

/** direction_c = scale (A_c^T A_c + damping I)^-1 A_c^T G_c, summed over blocks of output lines. */
function channelCalls(
  layer: PlacedLayer<DepthwiseConv2dSpec>,
  context: LayerContext,
  { channel, prox }: { readonly channel: number; readonly prox: ProxStep },
): KernelCall[] {
  const { kernels, rows, input, outputGradient, direction, patches, scratch } = context;
  const geometry = geometryOf(layer);
  const { height, width, channels, outHeight, outWidth, windows } = geometry;
  const { kernelArea: patchSize } = geometry;
  const { scale, gram, right } = prox;
  const linesInAll = rows * outHeight;
  const step = linesPerBlock(geometry, { patchSize, examples: rows });
  const blocks = Array.from({ length: Math.ceil(linesInAll / step) }, (_, block) => block * step);
  return [
    () => kernels.clearSystem(patchSize, 1, gram, right),
    ...blocks.flatMap((firstLine) => {
      const lines = Math.min(step, linesInAll - firstLine);
      const gradient = outputGradient + 4 * (firstLine * outWidth * channels + channel);
      return [
        () =>
          kernels.channelPatches(
            firstLine,
            lines,
            height,
            width,
            channels,
            channel,
            ...windows,
            input,
            patches,
          ),
        () =>
          kernels.addGramOfColumns(
            lines * outWidth,
            patchSize,
            1,
            patches,
            patchSize,
            gradient,
            channels,
            gram,
            right,
            scratch,
          ),
      ];
    }),
    ...solveCalls(kernels, { size: patchSize + 1, columns: 1 }, prox),
    () => kernels.demoteColumn(patchSize + 1, scale, right, direction + 4 * channel, channels),
  ];
}

function geometryOf({ index, spec, inputShape }: PlacedLayer<DepthwiseConv2dSpec>): ConvGeometry {
  return convGeometry(spec, { inputShape, path: `layers[${index}]` });
}
