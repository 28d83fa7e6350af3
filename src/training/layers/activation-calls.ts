import type { Activation } from "../../model/index.ts";
import type { KernelCall, LayerContext } from "./layer-calls.ts";

type Values = Pick<LayerContext, "kernels" | "preactivations" | "output" | "outputGradient">;

/** a = sigma(z) over `count` values: in place, but for gelu, whose slope needs z. */
export function activationCalls(
  activation: Activation,
  count: number,
  { kernels, preactivations, output }: Values,
): KernelCall[] {
  switch (activation) {
    case "linear":
      return [];
    case "relu":
      return [() => kernels.relu(count, output)];
    case "leakyRelu":
      return [() => kernels.leakyRelu(count, output)];
    case "tanh":
      return [() => kernels.tanh(count, output)];
    case "sigmoid":
      return [() => kernels.sigmoid(count, output)];
    case "gelu":
      return [() => kernels.gelu(count, preactivations, output)];
    default:
      return activation satisfies never;
  }
}

/** dL/da becomes G = dL/dz in place. */
export function slopeCalls(
  activation: Activation,
  count: number,
  { kernels, preactivations, output, outputGradient }: Values,
): KernelCall[] {
  switch (activation) {
    case "linear":
      return [];
    case "relu":
      return [() => kernels.reluBackward(count, output, outputGradient)];
    case "leakyRelu":
      return [() => kernels.leakyReluBackward(count, output, outputGradient)];
    case "tanh":
      return [() => kernels.tanhBackward(count, output, outputGradient)];
    case "sigmoid":
      return [() => kernels.sigmoidBackward(count, output, outputGradient)];
    case "gelu":
      return [() => kernels.geluBackward(count, preactivations, outputGradient)];
    default:
      return activation satisfies never;
  }
}
