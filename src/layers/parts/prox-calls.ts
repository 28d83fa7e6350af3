import type { KernelCall, LayerContext, ProxStep } from "../../kinds/layer-calls.ts";
import type { PlacedLayer } from "../../kinds/layer-type.ts";
import type { Kernels } from "../../runtime/index.ts";

/** Dual: G = scale (A A^T + damping I)^-1 G in place, (rows, out); A^T G is then the prox step's direction. */
export function proxFilterCalls(layer: PlacedLayer, context: LayerContext, prox: ProxStep): KernelCall[] {
  const { kernels, rows, input, outputGradient, scratch } = context;
  const { inputSize, outputSize } = layer;
  const { damping, scale, gram, right, cgIterations } = prox;
  if (cgIterations === null) {
    return [
      () =>
        kernels.filterRows(
          rows,
          inputSize,
          outputSize,
          damping,
          scale,
          input,
          outputGradient,
          gram,
          right,
          scratch,
        ),
    ];
  }
  return [
    () => kernels.gramOfRows(rows, inputSize, input, inputSize, gram, scratch),
    () => kernels.promoteRows(rows, outputSize, outputSize, outputGradient, right),
    ...solveCalls(kernels, { size: rows, columns: outputSize }, prox),
    () => kernels.demoteRows(rows, outputSize, outputSize, scale, right, outputGradient),
  ];
}

/** Primal: direction = scale (A^T A + damping I)^-1 A^T G, (in + 1, out), all of it in float64 up to the end. */
export function primalProxCalls(layer: PlacedLayer, context: LayerContext, prox: ProxStep): KernelCall[] {
  const { kernels, rows, input, outputGradient, direction, scratch } = context;
  const { inputSize, outputSize } = layer;
  const { scale, gram, right } = prox;
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
    ...solveCalls(kernels, { size: inputSize + 1, columns: outputSize }, prox),
    () => kernels.demoteRows(inputSize + 1, outputSize, outputSize, scale, right, direction),
  ];
}

/** right = (gram + damping I)^-1 right, or what `cgIterations` of conjugate gradients make of it. */
export function solveCalls(
  kernels: Kernels,
  { size, columns }: { readonly size: number; readonly columns: number },
  { side, damping, cgIterations, gram, right, work }: Omit<ProxStep, "scale">,
): KernelCall[] {
  if (cgIterations === null) {
    return [
      () => kernels.choleskyFactor(size, damping, gram),
      () => kernels.choleskySolve(size, columns, gram, right),
    ];
  }
  const solve = side === "dual" ? "conjugateGradientsDual" : "conjugateGradientsPrimal";
  return [() => kernels[solve](size, columns, damping, cgIterations, gram, right, work)];
}
