import { linked } from "../kinds/link.ts";
import type { Activation } from "../activations/index.ts";
import type { KernelCall, LayerContext, ProxStep } from "../kinds/layer-calls.ts";
import type { LayerType, PlacedLayer } from "../kinds/layer-type.ts";
import type { RuleSpec } from "../kinds/rule-type.ts";
import { slopeCalls, unfusedCalls } from "./parts/activation-calls.ts";
import { denseDirection, densePartsBytes, wholeProductCalls } from "./parts/dense-parts.ts";
import { wrongShape } from "./parts/image.ts";
import { activatedProductCall, matrixAt, productCall } from "./parts/matrix.ts";
import { primalProxCalls, proxFilterCalls } from "./parts/prox-calls.ts";
import { chooseSide } from "./parts/prox-side.ts";
import { parseActivationAndRule, weightsAndBias } from "./parts/weights.ts";

/** z = a_prev W + b, a = activation(z); W is (in, units), b is (units). */
export interface DenseSpec {
  readonly type: "dense";
  readonly units: number;
  readonly activation: Activation;
  /** Instead of the trainer's update rule. */
  readonly rule?: RuleSpec;
}

export interface DenseOptions {
  /** Default "linear". */
  readonly activation?: Activation;
  /** Default: the trainer's update rule. */
  readonly rule?: RuleSpec;
}

/**
 * A fully connected layer: a = activation(a_prev W + b).
 *
 * @example
 * const model = sequential({ input: [784] }, [dense(128, { activation: "relu" }), dense(10)]);
 */
export function dense(units: number, options: DenseOptions = {}): DenseSpec {
  // A misspelt option goes into the spec too, where `sequential` refuses it by name.
  return linked({ activation: "linear", ...options, type: "dense", units }, denseLayer);
}

/**
 * A = [a_prev, 1] is (rows, in + 1); G = dL/dz is (rows, out); weights (in, out) row-major and bias (out) lie together
 * as (in + 1, out).
 * forward:  a = sigma(a_prev W + b)
 * backward: G = dL/da sigma'(z); dL/da_prev = G W^T; direction = A^T G, G filtered by the prox step where there is one.
 */
export const denseLayer: LayerType<DenseSpec> = {
  type: "dense",
  isPerExample: true,

  parse(fields) {
    fields.allowOnly(["type", "units", "activation", "rule"]);
    return { type: "dense", units: fields.positiveInteger("units"), ...parseActivationAndRule(fields) };
  },

  form({ units }, { inputShape, path }) {
    const [inputs, ...others] = inputShape;
    if (inputs === undefined || others.length > 0)
      throw wrongShape({ path, layer: "dense", found: inputShape }, "[n] (put flatten() before it)");
    return { outputShape: [units], params: weightsAndBias([inputs, units], inputs) };
  },

  calls(layer, context) {
    const { kernels, rows, input, preactivations, outputGradient, inputGradient, scratch } = context;
    const { inputSize, outputSize } = layer;
    const a = matrixAt(input, rows, inputSize);
    const weights = matrixAt(context.params, inputSize, outputSize);
    const bias = context.params + 4 * inputSize * outputSize;
    const z = matrixAt(preactivations, rows, outputSize);
    const g = matrixAt(outputGradient, rows, outputSize);
    const number = layer.activation?.number ?? 0;
    return {
      forward: [
        activatedProductCall(kernels, number, { a, b: weights, c: z, bias, scratch }),
        ...unfusedCalls(layer, context),
      ],
      propagate: [
        ...slopeCalls(layer, context),
        ...(inputGradient === null
          ? []
          : [
              productCall(kernels, "gemmTransposedB", {
                a: g,
                b: weights,
                c: matrixAt(inputGradient, rows, inputSize),
                scratch,
              }),
            ]),
      ],
      direction: (prox) => directionCalls(layer, context, prox),
    };
  },

  linear: {
    matrix: ({ inputSize, outputSize }, examples) => ({
      rows: examples,
      inputs: inputSize,
      outputs: outputSize,
      blockRows: examples,
      patchBytes: 0,
      partialBytes: 0,
    }),
    side: chooseSide,
    parts: { bytes: densePartsBytes, direction: denseDirection },
    hasStatistics: true,
  },
};

function directionCalls(layer: PlacedLayer, context: LayerContext, prox: ProxStep | null): KernelCall[] {
  if (prox?.side === "primal") return primalProxCalls(layer, context, prox);
  return [
    ...(prox === null ? [] : proxFilterCalls(layer, context, prox)),
    ...(context.isInParts ? [] : wholeProductCalls(layer, context)),
  ];
}
