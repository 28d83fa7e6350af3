import { linked } from "../kinds/link.ts";
import type { KernelCall, LayerContext, ProxStep } from "../kinds/layer-calls.ts";
import type { LayerType, PlacedLayer } from "../kinds/layer-type.ts";
import { slopeCalls, unfusedCalls } from "./parts/activation-calls.ts";
import { cgProductsCalls } from "./parts/cg-products.ts";
import {
  convDefaults,
  convGeometry,
  linesPerBlock,
  parseConvOptions,
  patchMatrix,
} from "./parts/conv-geometry.ts";
import type { Conv2dOptions, ConvGeometry, ConvSpec } from "./parts/conv-geometry.ts";
import { activatedProductCall, matrixAt, productCall } from "./parts/matrix.ts";
import type { Matrix } from "./parts/matrix.ts";
import { solveCalls } from "./parts/prox-calls.ts";
import { choosePatchSide } from "./parts/prox-side.ts";
import { weightsAndBias } from "./parts/weights.ts";

/** Images are (height, width, channels), W is (kernelSize, kernelSize, channels, filters), b is (filters). */
export interface Conv2dSpec extends ConvSpec {
  readonly type: "conv2d";
  readonly filters: number;
}

/**
 * A convolution over images: every filter sees all channels of a patch.
 *
 * @example
 * const layers = [conv2d(16, { kernelSize: 5, padding: "same", activation: "relu" }), maxPool2d(2)];
 */
export function conv2d(filters: number, options: Conv2dOptions): Conv2dSpec {
  return linked({ ...convDefaults, ...options, type: "conv2d", filters }, conv2dLayer);
}

/**
 * A dense layer on patches: A = [patches, 1] is (examples x positions, patchSize + 1), G is (examples x positions,
 * filters), weights HWIO and bias lie together as (patchSize + 1, filters).
 * forward:  a = sigma(patches W + b)
 * backward: G = dL/da sigma'(z); dL/da_prev = the sum over patches of G W^T; direction = A^T G, or the prox step's.
 * The patches are made anew for each use, block by block of output lines, in a buffer that all convolutions share.
 */
export const conv2dLayer: LayerType<Conv2dSpec> = {
  type: "conv2d",
  isPerExample: true,

  parse(fields) {
    const options = parseConvOptions(fields, ["filters"]);
    return { type: "conv2d", filters: fields.positiveInteger("filters"), ...options };
  },

  form(spec, place) {
    const { filters, kernelSize } = spec;
    const { channels, outHeight, outWidth } = convGeometry(spec, place);
    return {
      outputShape: [outHeight, outWidth, filters],
      params: weightsAndBias([kernelSize, kernelSize, channels, filters], kernelSize ** 2 * channels),
    };
  },

  calls(layer, context) {
    const { kernels, rows, input, outputGradient, preactivations, inputGradient, params, scratch } = context;
    const { filters } = layer.spec;
    const blocks = blocksOf(layer, context);
    const { patchSize } = geometryOf(layer);
    const weights = matrixAt(params, patchSize, filters);
    const bias = params + 4 * patchSize * filters;
    const number = layer.activation?.number ?? 0;
    return {
      forward: [
        ...blocks.flatMap(({ gather, a, valuesAt }) => [
          gather(input),
          activatedProductCall(kernels, number, {
            a,
            b: weights,
            c: valuesAt(preactivations),
            bias,
            scratch,
          }),
        ]),
        ...unfusedCalls(layer, context),
      ],
      propagate: [
        ...slopeCalls(layer, context),
        ...(inputGradient === null
          ? []
          : [
              () => kernels.clear(rows * layer.inputSize, inputGradient),
              ...blocks.flatMap(({ scatter, a, valuesAt }) => [
                productCall(kernels, "gemmTransposedB", {
                  a: valuesAt(outputGradient),
                  b: weights,
                  c: a,
                  scratch,
                }),
                scatter(inputGradient),
              ]),
            ]),
      ],
      direction: (prox) => directionCalls(layer, context, prox),
    };
  },

  linear: {
    matrix(layer, examples) {
      const geometry = geometryOf(layer);
      const { patchSize } = geometry;
      const { filters } = layer.spec;
      const matrix = patchMatrix(geometry, { patchSize, outputs: filters, examples });
      const isInBlocks = matrix.rows > matrix.blockRows;
      return { ...matrix, partialBytes: isInBlocks ? 4 * (patchSize + 1) * filters : 0 };
    },
    side: choosePatchSide,
  },
};

function directionCalls(
  layer: PlacedLayer<Conv2dSpec>,
  context: LayerContext,
  prox: ProxStep | null,
): KernelCall[] {
  if (prox === null) return gradientCalls(layer, context);
  if (prox.side !== "products") return proxCalls(layer, context, prox);
  const blocks = blocksOf(layer, context).map(({ gather, a }) => ({
    blockRows: a.rows,
    gather: gather(context.input),
  }));
  const shape = { inputs: geometryOf(layer).patchSize, outputs: layer.spec.filters, blocks };
  return [...gradientCalls(layer, context), ...cgProductsCalls(shape, context, prox)];
}

/** A^T G: the first block's product, and what the others add to it. */
function gradientCalls(layer: PlacedLayer<Conv2dSpec>, context: LayerContext): KernelCall[] {
  const { kernels, input, outputGradient, direction, partial, scratch } = context;
  const { filters } = layer.spec;
  const { patchSize } = geometryOf(layer);
  return blocksOf(layer, context).flatMap(({ gather, a, valuesAt }, block) => {
    const to = block === 0 ? direction : partial;
    const g = valuesAt(outputGradient);
    return [
      gather(input),
      productCall(kernels, "gemmTransposedA", { a, b: g, c: matrixAt(to, patchSize, filters), scratch }),
      () => kernels.columnSums(a.rows, filters, filters, g.at, to + 4 * patchSize * filters),
      ...(block === 0 ? [] : [() => kernels.accumulate((patchSize + 1) * filters, partial, direction)]),
    ];
  });
}

/** direction = scale (A^T A + damping I)^-1 A^T G, the Gram matrix being summed over blocks. */
function proxCalls(layer: PlacedLayer<Conv2dSpec>, context: LayerContext, prox: ProxStep): KernelCall[] {
  const { kernels, input, outputGradient, direction, patches, scratch } = context;
  const { filters } = layer.spec;
  const { patchSize } = geometryOf(layer);
  const { scale, gram, right } = prox;
  return [
    () => kernels.clearSystem(patchSize, filters, gram, right),
    ...blocksOf(layer, context).flatMap(({ gather, a, valuesAt }) => {
      const { at } = valuesAt(outputGradient);
      return [
        gather(input),
        () =>
          kernels.addGramOfColumns(
            a.rows,
            patchSize,
            filters,
            patches,
            patchSize,
            at,
            filters,
            gram,
            right,
            scratch,
          ),
      ];
    }),
    ...solveCalls(kernels, { size: patchSize + 1, columns: filters }, prox),
    () => kernels.demoteRows(patchSize + 1, filters, filters, scale, right, direction),
  ];
}

interface PatchBlock {
  /** The patches (rows, patchSize) of the block, where `gather` leaves them. */
  readonly a: Matrix;
  /** The block's rows (rows, filters) of z, a or G, which begin at this address. */
  readonly valuesAt: (start: number) => Matrix;
  /** images -> patches, and patches added to images. */
  readonly gather: (images: number) => KernelCall;
  readonly scatter: (images: number) => KernelCall;
}

function geometryOf({ index, spec, inputShape }: PlacedLayer<Conv2dSpec>): ConvGeometry & {
  readonly patchSize: number;
} {
  const geometry = convGeometry(spec, { inputShape, path: `layers[${index}]` });
  return { ...geometry, patchSize: geometry.kernelArea * geometry.channels };
}

function blocksOf(
  layer: PlacedLayer<Conv2dSpec>,
  { kernels, rows, patches }: Pick<LayerContext, "kernels" | "rows" | "patches">,
): PatchBlock[] {
  const { filters } = layer.spec;
  const geometry = geometryOf(layer);
  const { height, width, channels, outHeight, outWidth, patchSize, windows } = geometry;
  const linesInAll = rows * outHeight;
  const step = linesPerBlock(geometry, { patchSize, examples: rows });
  return Array.from({ length: Math.ceil(linesInAll / step) }, (_, block) => {
    const firstLine = block * step;
    const lines = Math.min(step, linesInAll - firstLine);
    const move =
      (kernel: "im2col" | "col2im", from: number, to: number): KernelCall =>
      () =>
        kernels[kernel](firstLine, lines, height, width, channels, ...windows, from, to);
    return {
      a: matrixAt(patches, lines * outWidth, patchSize),
      valuesAt: (start) => matrixAt(start + 4 * firstLine * outWidth * filters, lines * outWidth, filters),
      gather: (images) => move("im2col", images, patches),
      scatter: (images) => move("col2im", patches, images),
    };
  });
}
