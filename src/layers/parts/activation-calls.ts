import type { ElementwiseFunction } from "../../kinds/activation-type.ts";
import type { KernelCall, LayerContext } from "../../kinds/layer-calls.ts";
import type { PlacedLayer } from "../../kinds/layer-type.ts";
import type { Address } from "../../runtime/index.ts";

/** a = sigma(z) over the layer's output. */
export function activationCalls(layer: PlacedLayer, context: LayerContext): KernelCall[] {
  const number = layer.activation?.number ?? 0;
  if (number === 0) return unfusedCalls(layer, context);
  const { kernels, rows, output } = context;
  const count = rows * layer.outputSize;
  return [() => kernels.activate(number, count, output)];
}

/** What is left of an activation after gemmActivated. */
export function unfusedCalls({ activation, outputSize }: PlacedLayer, context: LayerContext): KernelCall[] {
  const { rows, preactivations, output } = context;
  const forward = activation?.forward ?? null;
  return forward === null
    ? []
    : [elementwiseCall(forward, context, [rows * outputSize, preactivations, output])];
}

/** dL/da becomes G = dL/dz in place. */
export function slopeCalls({ activation, outputSize }: PlacedLayer, context: LayerContext): KernelCall[] {
  const { rows, preactivations, output, outputGradient } = context;
  const backward = activation?.backward ?? null;
  if (activation === null || backward === null) return [];
  const from = activation.slopeFrom === "z" ? preactivations : output;
  return [elementwiseCall(backward, context, [rows * outputSize, from, outputGradient])];
}

function elementwiseCall(
  apply: ElementwiseFunction,
  { kernels, view }: LayerContext,
  [count, from, into]: readonly [number, Address, Address],
): KernelCall {
  if (typeof apply === "function") return () => apply(view(from, count), view(into, count));
  const kernel = kernels[apply];
  return () => kernel(count, from, into);
}
