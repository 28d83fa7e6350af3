import type { Activation } from "../../model/index.ts";
import type { KernelCall, LayerContext } from "./layer-calls.ts";

/** By which kernels know what they compute in place; gelu's slope needs z, so that it has a kernel of its own. */
export const activationNumbers: Readonly<Record<Activation, number>> = {
  linear: 0,
  relu: 1,
  leakyRelu: 2,
  tanh: 3,
  sigmoid: 4,
  gelu: 0,
};

type Values = Pick<LayerContext, "kernels" | "preactivations" | "output" | "outputGradient">;

/** a = sigma(z) over `count` values: in place, but for gelu. */
export function activationCalls(activation: Activation, count: number, values: Values): KernelCall[] {
  const number = activationNumbers[activation];
  return number > 0
    ? [() => values.kernels.activate(number, count, values.output)]
    : unfusedCalls(activation, count, values);
}

/** What is left of an activation after gemmActivated. */
export function unfusedCalls(
  activation: Activation,
  count: number,
  { kernels, preactivations, output }: Values,
): KernelCall[] {
  return activation === "gelu" ? [() => kernels.gelu(count, preactivations, output)] : [];
}

/** dL/da becomes G = dL/dz in place. */
export function slopeCalls(
  activation: Activation,
  count: number,
  { kernels, preactivations, output, outputGradient }: Values,
): KernelCall[] {
  if (activation === "linear") return [];
  const kernel = `${activation}Backward` as const;
  const values = activation === "gelu" ? preactivations : output;
  return [() => kernels[kernel](count, values, outputGradient)];
}
