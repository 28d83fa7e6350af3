import { conv2dGeometry } from "../../model/index.ts";
import type { DepthwiseConv2dSpec, PlacedLayer } from "../../model/index.ts";
import { activationCalls, slopeCalls } from "./activation-calls.ts";
import type { KernelCall, LayerCalls, LayerContext, ProxStep } from "./layer-calls.ts";
import { linesPerBlock } from "./layer-matrix.ts";
import { solveCalls } from "./prox-calls.ts";

/**
 * Each channel is a layer of its own with one output: A_c = [patches of channel c, 1] is (examples x positions,
 * kernelSize^2 + 1), G_c is column c of G; weights and bias lie together as (kernelSize^2 + 1, channels).
 * forward:  a = sigma(z), z_c = A_c W_c
 * backward: G = dL/da sigma'(z); direction_c = A_c^T G_c, or the prox step's of each channel.
 */
export function depthwiseConv2dCalls(
  spec: DepthwiseConv2dSpec,
  layer: PlacedLayer,
  context: LayerContext,
): LayerCalls {
  const { kernels, rows, input, preactivations, outputGradient, inputGradient, params, direction, prox } =
    context;
  const { height, width, channels, outHeight, outWidth, padTop, padLeft } = geometryOf(spec, layer);
  const { kernelSize, stride, activation } = spec;
  const sizes = [
    rows,
    height,
    width,
    channels,
    kernelSize,
    stride,
    padTop,
    padLeft,
    outHeight,
    outWidth,
  ] as const;
  const count = rows * layer.outputSize;
  return {
    forward: [
      () => kernels.depthwiseConv2d(...sizes, input, params, preactivations),
      ...activationCalls(activation, count, context),
    ],
    propagate: [
      ...slopeCalls(activation, count, context),
      ...(inputGradient === null
        ? []
        : [() => kernels.depthwiseConv2dBackward(...sizes, outputGradient, params, inputGradient)]),
    ],
    direction:
      prox === null
        ? [() => kernels.depthwiseConv2dGradient(...sizes, input, outputGradient, direction)]
        : Array.from({ length: channels }, (_, channel) =>
            channelCalls(channel, { spec, layer, context, prox }),
          ).flat(),
  };
}

interface ChannelStep {
  readonly spec: DepthwiseConv2dSpec;
  readonly layer: PlacedLayer;
  readonly context: LayerContext;
  readonly prox: ProxStep;
}

/** direction_c = scale (A_c^T A_c + damping I)^-1 A_c^T G_c, summed over blocks of output lines. */
function channelCalls(channel: number, { spec, layer, context, prox }: ChannelStep): KernelCall[] {
  const { kernels, rows, input, outputGradient, direction, patches, scratch } = context;
  const geometry = geometryOf(spec, layer);
  const { height, width, channels, outHeight, outWidth, padTop, padLeft, patchSize } = geometry;
  const { kernelSize, stride } = spec;
  const { scale, gram, right } = prox;
  const linesInAll = rows * outHeight;
  const step = linesPerBlock(geometry, rows);
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
            kernelSize,
            stride,
            padTop,
            padLeft,
            outHeight,
            outWidth,
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

function geometryOf(spec: DepthwiseConv2dSpec, { index, inputShape }: PlacedLayer) {
  return conv2dGeometry(spec, inputShape, `layers[${index}]`);
}
