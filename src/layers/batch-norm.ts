import { linked } from "../kinds/link.ts";
import type { KernelCall } from "../kinds/layer-calls.ts";
import type { InitialValues, LayerType, ParamForm } from "../kinds/layer-type.ts";
import { channelsOf, parseEpsilon } from "./parts/epsilon.ts";
import { gammaAndBeta } from "./parts/weights.ts";

/** a = gamma (x - mean) / sqrt(variance + epsilon) + beta over the last axis, of the batch or of what was seen so far. */
export interface BatchNormSpec {
  readonly type: "batchNorm";
  /** Weight of a batch in the running mean and variance. */
  readonly momentum: number;
  readonly epsilon: number;
}

export interface BatchNormOptions {
  /** Weight of a batch in the running mean and variance, in [0, 1]. Default 0.1. */
  readonly momentum?: number;
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
}

/**
 * Normalises each channel (the last axis) over all examples and positions of the batch, then scales and shifts it by
 * gamma and beta. Evaluation and prediction, and a frozen layer, take the running mean and variance, which are params
 * that no optimizer touches: they move towards the batch's with every step that succeeds. As in PyTorch the batch is
 * normalised by its biased variance, and the running one follows the unbiased. A batch with a single row per channel
 * has variance 0, so that the layer gives beta; then the running mean moves and the running variance stays.
 *
 * @example
 * const layers = [conv2d(16, { kernelSize: 3 }), batchNorm(), globalAvgPool2d(), dense(10)];
 */
export function batchNorm(options: BatchNormOptions = {}): BatchNormSpec {
  return linked({ momentum: 0.1, epsilon: 1e-5, ...options, type: "batchNorm" }, batchNormLayer);
}

function kept(name: string, channels: number, kind: Exclude<InitialValues["kind"], "uniform">): ParamForm {
  return { name, shape: [channels], initial: { kind }, isTrained: false };
}

/** Values per channel in the buffer of moments: mean, inverse, unbiased variance, and the gradients of gamma and beta. */
const momentsPerChannel = 5;

/**
 * xHat = (x - mean) inverse with inverse = 1 / sqrt(variance + epsilon), a = gamma xHat + beta, over (rows x positions,
 * channels). The params lie as gamma, beta, running mean, running variance; the moments as mean, inverse, unbiased
 * variance of the batch, then the gradients of gamma and beta: one value per channel each.
 * A frozen layer takes the running moments in training too, and they stay as they are.
 */
export const batchNormLayer: LayerType<BatchNormSpec> = {
  type: "batchNorm",
  isPerExample: false,

  parse(fields) {
    fields.allowOnly(["type", "momentum", "epsilon"]);
    return {
      type: "batchNorm",
      momentum: fields.number("momentum", { from: 0, upTo: 1, byDefault: 0.1 }),
      epsilon: parseEpsilon(fields),
    };
  },

  form(_, { inputShape }) {
    const channels = inputShape.at(-1) ?? 0;
    return {
      outputShape: inputShape,
      params: [
        ...gammaAndBeta(channels),
        kept("runningMean", channels, "zeros"),
        kept("runningVariance", channels, "ones"),
      ],
    };
  },

  buffers: (layer) => [{ name: "moments", bytes: 4 * momentsPerChannel * channelsOf(layer) }],

  calls(layer, context) {
    const { kernels, input, output, outputGradient, inputGradient, params, isFrozen, direction } = context;
    const { momentum, epsilon } = layer.spec;
    const channels = channelsOf(layer);
    const rows = (context.rows * layer.inputSize) / channels;
    const vector = 4 * channels;
    const [gamma, beta] = [params, params + vector];
    const [runningMean, runningVariance] = [params + 2 * vector, params + 3 * vector];
    const moments = context.own("moments");
    const [mean, inverse] = [moments, moments + vector];
    const [variance, sums] = [moments + 2 * vector, moments + 3 * vector];

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
      };
    }
    return {
      forward,
      trainingForward: [
        () => kernels.channelMoments(rows, channels, epsilon, input, moments),
        normalize(mean),
      ],
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
      direction: () => [() => kernels.copy(2 * channels, sums, direction)],
      memory: {
        found: { address: moments, length: 3 * channels },
        keep: [
          () => kernels.interpolate(channels, momentum, mean, runningMean),
          // A single row says nothing of the variance.
          ...(rows > 1 ? [() => kernels.interpolate(channels, momentum, variance, runningVariance)] : []),
        ],
      },
    };
  },
};
