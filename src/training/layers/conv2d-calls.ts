import { conv2dGeometry } from "../../model/index.ts";
import type { Conv2dSpec, PlacedLayer } from "../../model/index.ts";
import { cgProductsCalls } from "./cg-products.ts";
import { activationNumbers, slopeCalls, unfusedCalls } from "./activation-calls.ts";
import type { KernelCall, LayerCalls, LayerContext, ProxStep } from "./layer-calls.ts";
import { linesPerBlock } from "./layer-matrix.ts";
import { solveCalls } from "./prox-calls.ts";

/**
 * A dense layer on patches: A = [patches, 1] is (examples x positions, patchSize + 1), G is (examples x positions,
 * filters), weights and bias lie together as (patchSize + 1, filters).
 * forward:  a = sigma(patches W + b)
 * backward: G = dL/da sigma'(z); dL/da_prev = the sum over patches of G W^T; direction = A^T G, or the prox step's.
 * The patches are made anew for each use, block by block of output lines, in a buffer that all convolutions share.
 */
export function conv2dCalls(spec: Conv2dSpec, layer: PlacedLayer, context: LayerContext): LayerCalls {
  const { kernels, rows, input, preactivations, outputGradient, inputGradient, params, patches, scratch } =
    context;
  const { filters } = spec;
  const blocks = blocksOf(spec, layer, context);
  const { patchSize } = geometryOf(spec, layer);
  const bias = params + 4 * patchSize * filters;
  const count = rows * layer.outputSize;
  const activation = activationNumbers[spec.activation];

  return {
    forward: [
      ...blocks.flatMap(({ gather, blockRows, offset }) => [
        gather(input),
        () =>
          kernels.gemmActivated(
            blockRows,
            filters,
            patchSize,
            patches,
            patchSize,
            params,
            filters,
            bias,
            activation,
            preactivations + offset,
            filters,
            scratch,
          ),
      ]),
      ...unfusedCalls(spec.activation, count, context),
    ],
    propagate: [
      ...slopeCalls(spec.activation, count, context),
      ...(inputGradient === null
        ? []
        : [
            () => kernels.clear(rows * layer.inputSize, inputGradient),
            ...blocks.flatMap(({ scatter, blockRows, offset }) => [
              () =>
                kernels.gemmTransposedB(
                  blockRows,
                  patchSize,
                  filters,
                  outputGradient + offset,
                  filters,
                  params,
                  filters,
                  0,
                  patches,
                  patchSize,
                  scratch,
                ),
              scatter(inputGradient),
            ]),
          ]),
    ],
    direction: directionCalls(context.prox),
  };

  function directionCalls(prox: ProxStep | null): KernelCall[] {
    if (prox === null) return gradientCalls();
    if (prox.side !== "products") return proxCalls(prox);
    const products = blocks.map(({ gather, blockRows }) => ({ gather: gather(input), blockRows }));
    const shape = { inputs: patchSize, outputs: filters, blocks: products };
    return [...gradientCalls(), ...cgProductsCalls(shape, context, prox)];
  }

  /** A^T G: the first block's product, and what the others add to it. */
  function gradientCalls(): KernelCall[] {
    const { direction, partial } = context;
    return blocks.flatMap(({ gather, blockRows, offset }, block) => {
      const to = block === 0 ? direction : partial;
      const gradient = outputGradient + offset;
      return [
        gather(input),
        () =>
          kernels.gemmTransposedA(
            patchSize,
            filters,
            blockRows,
            patches,
            patchSize,
            gradient,
            filters,
            0,
            to,
            filters,
            scratch,
          ),
        () => kernels.columnSums(blockRows, filters, filters, gradient, to + 4 * patchSize * filters),
        ...(block === 0 ? [] : [() => kernels.accumulate((patchSize + 1) * filters, partial, direction)]),
      ];
    });
  }

  /** direction = scale (A^T A + damping I)^-1 A^T G, the Gram matrix being summed over blocks. */
  function proxCalls(prox: ProxStep): KernelCall[] {
    const { direction } = context;
    const { scale, gram, right } = prox;
    return [
      () => kernels.clearSystem(patchSize, filters, gram, right),
      ...blocks.flatMap(({ gather, blockRows, offset }) => [
        gather(input),
        () =>
          kernels.addGramOfColumns(
            blockRows,
            patchSize,
            filters,
            patches,
            patchSize,
            outputGradient + offset,
            filters,
            gram,
            right,
            scratch,
          ),
      ]),
      ...solveCalls(kernels, { size: patchSize + 1, columns: filters }, prox),
      () => kernels.demoteRows(patchSize + 1, filters, filters, scale, right, direction),
    ];
  }
}

interface PatchBlock {
  /** Of A and G. */
  readonly blockRows: number;
  /** Of the block's first row in G and in the output, in bytes. */
  readonly offset: number;
  /** images -> patches, and patches added to images. */
  readonly gather: (images: number) => KernelCall;
  readonly scatter: (images: number) => KernelCall;
}

function geometryOf(spec: Conv2dSpec, { index, inputShape }: PlacedLayer) {
  return conv2dGeometry(spec, inputShape, `layers[${index}]`);
}

function blocksOf(
  spec: Conv2dSpec,
  layer: PlacedLayer,
  { kernels, rows, patches }: LayerContext,
): PatchBlock[] {
  const { kernelSize, stride, filters } = spec;
  const geometry = geometryOf(spec, layer);
  const { height, width, channels, padTop, padLeft, outHeight, outWidth } = geometry;
  const linesInAll = rows * outHeight;
  const step = linesPerBlock(geometry, rows);
  return Array.from({ length: Math.ceil(linesInAll / step) }, (_, block) => {
    const firstLine = block * step;
    const lines = Math.min(step, linesInAll - firstLine);
    return {
      blockRows: lines * outWidth,
      offset: 4 * firstLine * outWidth * filters,
      gather: (images) => () =>
        kernels.im2col(
          firstLine,
          lines,
          height,
          width,
          channels,
          kernelSize,
          stride,
          padTop,
          padLeft,
          outHeight,
          outWidth,
          images,
          patches,
        ),
      scatter: (images) => () =>
        kernels.col2im(
          firstLine,
          lines,
          height,
          width,
          channels,
          kernelSize,
          stride,
          padTop,
          padLeft,
          outHeight,
          outWidth,
          patches,
          images,
        ),
    };
  });
}
