import { linked } from "../kinds/link.ts";
import type { LayerType } from "../kinds/layer-type.ts";
import { channelsOf, parseEpsilon } from "./parts/epsilon.ts";
import { gammaAndBeta } from "./parts/weights.ts";

/** a = gamma (x - mean) / sqrt(variance + epsilon) + beta over the last axis of every example and position. */
export interface LayerNormSpec {
  readonly type: "layerNorm";
  readonly epsilon: number;
}

export interface LayerNormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
}

/**
 * Normalises the last axis of each example and position by itself, then scales and shifts it by gamma and beta.
 *
 * @example
 * const model = sequential({ input: [64] }, [dense(32), layerNorm(), dense(10)]);
 */
export function layerNorm(options: LayerNormOptions = {}): LayerNormSpec {
  return linked({ epsilon: 1e-5, ...options, type: "layerNorm" }, layerNormLayer);
}

/** (rows x positions, columns), gamma and beta one behind the other; each row's moments are made anew on the way back. */
export const layerNormLayer: LayerType<LayerNormSpec> = {
  type: "layerNorm",
  isPerExample: true,

  parse(fields) {
    fields.allowOnly(["type", "epsilon"]);
    return { type: "layerNorm", epsilon: parseEpsilon(fields) };
  },

  form: (_, { inputShape }) => ({
    outputShape: inputShape,
    params: gammaAndBeta(channelsOf({ inputShape })),
  }),

  calls(layer, context) {
    const { kernels, input, output, outputGradient, inputGradient, params: gamma, direction } = context;
    const { epsilon } = layer.spec;
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
                kernels.layerNormBackward(
                  rows,
                  columns,
                  epsilon,
                  gamma,
                  input,
                  outputGradient,
                  inputGradient,
                ),
            ],
      direction: () => [
        () => kernels.layerNormSums(rows, columns, epsilon, input, outputGradient, direction),
      ],
    };
  },
};
