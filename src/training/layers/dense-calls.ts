import type { DenseSpec, PlacedLayer } from "../../model/index.ts";
import { activationNumbers, slopeCalls, unfusedCalls } from "./activation-calls.ts";
import type { KernelCall, LayerCalls, LayerContext } from "./layer-calls.ts";
import { productCalls } from "./dense-parts.ts";
import { primalProxCalls, proxFilterCalls } from "./prox-calls.ts";

/**
 * A = [a_prev, 1] is (rows, in + 1); G = dL/dz is (rows, out); weights and bias lie together as (in + 1, out).
 * forward:  a = sigma(a_prev W + b)
 * backward: G = dL/da sigma'(z); dL/da_prev = G W^T; direction = A^T G, G filtered by the prox step where there is one.
 */
export function denseCalls(spec: DenseSpec, layer: PlacedLayer, context: LayerContext): LayerCalls {
  const { kernels, rows, input, preactivations, outputGradient, inputGradient, params, scratch } = context;
  const { inputSize, outputSize } = layer;
  const bias = params + 4 * inputSize * outputSize;
  const count = rows * outputSize;
  const activation = activationNumbers[spec.activation];

  return {
    forward: [
      () =>
        kernels.gemmActivated(
          rows,
          outputSize,
          inputSize,
          input,
          inputSize,
          params,
          outputSize,
          bias,
          activation,
          preactivations,
          outputSize,
          scratch,
        ),
      ...unfusedCalls(spec.activation, count, context),
    ],
    propagate: [
      ...slopeCalls(spec.activation, count, context),
      ...(inputGradient === null
        ? []
        : [
            () =>
              kernels.gemmTransposedB(
                rows,
                inputSize,
                outputSize,
                outputGradient,
                outputSize,
                params,
                outputSize,
                0,
                inputGradient,
                inputSize,
                scratch,
              ),
          ]),
    ],
    direction: directionCalls(layer, context),
  };
}

function directionCalls(layer: PlacedLayer, context: LayerContext): KernelCall[] {
  const { isInParts, prox } = context;
  if (prox?.side === "primal") return primalProxCalls(layer, context, prox);
  return [
    ...(prox === null ? [] : proxFilterCalls(layer, context, prox)),
    ...(isInParts ? [] : productCalls(layer, context)),
  ];
}
