import { linked } from "../kinds/link.ts";
import type { LayerType } from "../kinds/layer-type.ts";

/** Any shape becomes a list of its values. */
export interface FlattenSpec {
  readonly type: "flatten";
}

/**
 * Images, or whatever shape there is, as a list of values: what a dense layer takes.
 *
 * @example
 * const model = sequential({ input: [28, 28, 1] }, [flatten(), dense(10)]);
 */
export function flatten(): FlattenSpec {
  return linked({ type: "flatten" }, flattenLayer);
}

export const flattenLayer: LayerType<FlattenSpec> = {
  type: "flatten",
  isPerExample: true,
  keepsRange: true,

  parse(fields) {
    fields.allowOnly(["type"]);
    return flatten();
  },

  form: (_, { inputShape }) => ({
    outputShape: [inputShape.reduce((product, length) => product * length, 1)],
    params: [],
  }),

  calls({ inputSize }, { kernels, rows, input, output, outputGradient, inputGradient }) {
    const count = rows * inputSize;
    return {
      forward: [() => kernels.copy(count, input, output)],
      propagate: inputGradient === null ? [] : [() => kernels.copy(count, outputGradient, inputGradient)],
    };
  },
};
