import { linked } from "../kinds/link.ts";
import type { KernelCall } from "../kinds/layer-calls.ts";
import type { LayerType } from "../kinds/layer-type.ts";
import type { Address } from "../runtime/index.ts";

/** In training each value becomes 0 with probability `rate`, and value / (1 - rate) otherwise. */
export interface DropoutSpec {
  readonly type: "dropout";
  readonly rate: number;
}

/**
 * Inverted dropout: in training each value is 0 with probability `rate`, in [0, 1), and value / (1 - rate) otherwise;
 * evaluation and prediction leave it as it is. Which values is a matter of the trainer's seed, the number of the step,
 * the layer and the value's place alone.
 *
 * @example
 * const model = sequential({ input: [64] }, [dense(32, { activation: "relu" }), dropout(0.5), dense(10)]);
 */
export function dropout(rate: number): DropoutSpec {
  return linked({ type: "dropout", rate }, dropoutLayer);
}

/** a = m x / (1 - rate), the mask m being a function of (seed, step, layer, place): made anew on the way back. */
export const dropoutLayer: LayerType<DropoutSpec> = {
  type: "dropout",
  isPerExample: false,
  keepsRange: true,

  parse(fields) {
    fields.allowOnly(["type", "rate"]);
    return dropout(fields.number("rate", { from: 0, below: 1 }));
  },

  form: (_, { inputShape }) => ({ outputShape: inputShape, params: [] }),

  calls({ index, outputSize, spec: { rate } }, context) {
    const { kernels, rows, input, output, outputGradient, inputGradient, noise } = context;
    const count = rows * outputSize;

    function masked(from: Address, to: Address): KernelCall {
      if (noise === null || rate === 0) return () => kernels.copy(count, from, to);
      const { stepNumber } = noise;
      // Keys of their own: dropped values have nothing to do with initial params and orders.
      const draw = noise.integers("dropout");
      const [low, high] = [draw(), draw()];
      return () => kernels.dropout(count, rate, low, high, index, stepNumber(), from, to);
    }

    return {
      forward: [() => kernels.copy(count, input, output)],
      trainingForward: [masked(input, output)],
      propagate: inputGradient === null ? [] : [masked(outputGradient, inputGradient)],
    };
  },
};
