import type { BatchNormSpec, LayerNormSpec, PlacedLayer } from "../../model/index.ts";
import type { KernelCall, LayerCalls, LayerContext } from "./layer-calls.ts";

/**
 * xHat = (x - mean) inverse with inverse = 1 / sqrt(variance + epsilon), a = gamma xHat + beta, over (rows x positions,
 * channels). The params lie as gamma, beta, running mean, running variance; the moments as mean, inverse, unbiased
 * variance of the batch, then the gradients of gamma and beta: one value a channel each.
 * A frozen layer takes the running moments in training too, and they stay as they are.
 */
export function batchNormCalls(
  { momentum, epsilon }: BatchNormSpec,
  layer: PlacedLayer,
  context: LayerContext,
): LayerCalls {
  const { kernels, input, output, outputGradient, inputGradient, params, moments, isFrozen } = context;
  const channels = channelsOf(layer);
  const rows = (context.rows * layer.inputSize) / channels;
  const vector = 4 * channels;
  const [gamma, beta] = [params, params + vector];
  const [runningMean, runningVariance] = [params + 2 * vector, params + 3 * vector];
  const [mean, inverse] = [moments, moments + vector];
  const [variance, sums] = [moments + 2 * vector, moments + 3 * vector];
  const direction = context.direction;

  function normalize(from: number): KernelCall {
    return () => kernels.normalizeChannels(rows, channels, from, inverse, gamma, beta, input, output);
  }

  const forward = [
    () => kernels.inverseRoots(channels, epsilon, runningVariance, inverse),
    normalize(runningMean),
  ];
  if (isFrozen) {
    const back = inputGradient;
    return {
      forward,
      propagate:
        back === null
          ? []
          : [() => kernels.scaleChannels(rows, channels, inverse, gamma, outputGradient, back)],
      direction: [],
    };
  }
  return {
    forward,
    trainingForward: [() => kernels.channelMoments(rows, channels, epsilon, input, moments), normalize(mean)],
    propagate: [
      () => kernels.channelSums(rows, channels, mean, inverse, input, outputGradient, sums),
      ...(inputGradient === null
        ? []
        : [
            () =>
              kernels.normalizeChannelsBackward(
                rows,
                channels,
                mean,
                inverse,
                gamma,
                sums,
                input,
                outputGradient,
                inputGradient,
              ),
          ]),
    ],
    direction: [() => kernels.copy(2 * channels, sums, direction)],
    memory: {
      found: { address: moments, length: 3 * channels },
      keep: [
        () => kernels.interpolate(channels, momentum, mean, runningMean),
        // A single row says nothing of the variance.
        ...(rows > 1 ? [() => kernels.interpolate(channels, momentum, variance, runningVariance)] : []),
      ],
    },
  };
}

/** The same over each row, whose moments are made anew on the way back: gamma, beta. */
export function layerNormCalls(
  { epsilon }: LayerNormSpec,
  layer: PlacedLayer,
  context: LayerContext,
): LayerCalls {
  const { kernels, input, output, outputGradient, inputGradient, params: gamma, direction } = context;
  const columns = channelsOf(layer);
  const rows = (context.rows * layer.inputSize) / columns;
  const beta = gamma + 4 * columns;
  return {
    forward: [() => kernels.layerNorm(rows, columns, epsilon, gamma, beta, input, output)],
    propagate:
      inputGradient === null
        ? []
        : [
            () =>
              kernels.layerNormBackward(rows, columns, epsilon, gamma, input, outputGradient, inputGradient),
          ],
    direction: [() => kernels.layerNormSums(rows, columns, epsilon, input, outputGradient, direction)],
  };
}

/** The length of the last axis. */
function channelsOf({ inputShape }: PlacedLayer): number {
  return inputShape.at(-1) ?? 1;
}
