import type { PlacedLayer } from "../../model/index.ts";
import type { KernelCall, LayerContext, ProxStep } from "./layer-calls.ts";

/** Dual: G = scale (A A^T + damping I)^-1 G in place, (rows, out); A^T G is then the prox step's direction. */
export function proxFilterCalls(
  layer: PlacedLayer,
  context: LayerContext,
  { damping, scale, gram, right }: ProxStep,
): KernelCall[] {
  const { kernels, rows, input, outputGradient, scratch } = context;
  const { inputSize, outputSize } = layer;
  return [
    () => kernels.gramOfRows(rows, inputSize, input, inputSize, gram, scratch),
    () => kernels.choleskyFactor(rows, damping, gram),
    () => kernels.promoteRows(rows, outputSize, outputGradient, right),
    () => kernels.choleskySolve(rows, outputSize, gram, right),
    () => kernels.demoteRows(rows, outputSize, scale, right, outputGradient),
  ];
}

/** Primal: direction = scale (A^T A + damping I)^-1 A^T G, (in + 1, out), all of it in float64 up to the end. */
export function primalProxCalls(
  layer: PlacedLayer,
  context: LayerContext,
  { damping, scale, gram, right }: ProxStep,
): KernelCall[] {
  const { kernels, rows, input, outputGradient, direction, scratch } = context;
  const { inputSize, outputSize } = layer;
  return [
    () =>
      kernels.gramOfColumns(
        rows,
        inputSize,
        outputSize,
        input,
        inputSize,
        outputGradient,
        outputSize,
        gram,
        right,
        scratch,
      ),
    () => kernels.choleskyFactor(inputSize + 1, damping, gram),
    () => kernels.choleskySolve(inputSize + 1, outputSize, gram, right),
    () => kernels.demoteRows(inputSize + 1, outputSize, scale, right, direction),
  ];
}
