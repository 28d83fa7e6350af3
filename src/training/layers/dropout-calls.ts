import type { DropoutSpec, PlacedLayer } from "../../model/index.ts";
import type { Address } from "../../runtime/index.ts";
import type { KernelCall, LayerCalls, LayerContext } from "./layer-calls.ts";

/** a = m x / (1 - rate), the mask m being a function of (seed, step, layer, place): made anew on the way back. */
export function dropoutCalls(
  { rate }: DropoutSpec,
  { index, outputSize }: PlacedLayer,
  context: LayerContext,
): LayerCalls {
  const { kernels, rows, input, output, outputGradient, inputGradient, noise } = context;
  const count = rows * outputSize;

  function masked(from: Address, to: Address): KernelCall {
    if (noise === null || rate === 0) return () => kernels.copy(count, from, to);
    const { keyLow, keyHigh, stepNumber } = noise;
    return () => kernels.dropout(count, rate, keyLow, keyHigh, index, stepNumber(), from, to);
  }

  return {
    forward: [() => kernels.copy(count, input, output)],
    trainingForward: [masked(input, output)],
    propagate: inputGradient === null ? [] : [masked(outputGradient, inputGradient)],
    direction: [],
  };
}
