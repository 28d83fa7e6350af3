import { conv2dGeometry } from "../../model/index.ts";
import type { Conv2dGeometry, PlacedLayer } from "../../model/index.ts";

/** The matrices of a layer that is linear in its params: A = [a_prev, 1], or [patches, 1], against G. */
export interface LayerMatrix {
  /** Of A and G: the examples, times the output positions of a convolution. */
  readonly rows: number;
  /** Columns of A without the one for the bias. */
  readonly inputs: number;
  /** Columns of G. */
  readonly outputs: number;
  /** Rows that a kernel sees at once: all of them, but the patches of a convolution come in blocks. */
  readonly blockRows: number;
}

/** null for a layer without params, or whose params are not linear in its input. */
export function layerMatrix(layer: PlacedLayer, examples: number): LayerMatrix | null {
  const { spec, inputSize, outputSize } = layer;
  switch (spec.type) {
    case "dense":
      return { rows: examples, inputs: inputSize, outputs: outputSize, blockRows: examples };
    case "conv2d": {
      const geometry = conv2dGeometry(spec, layer.inputShape, `layers[${layer.index}]`);
      const { outHeight, outWidth, patchSize } = geometry;
      return {
        rows: examples * outHeight * outWidth,
        inputs: patchSize,
        outputs: spec.filters,
        blockRows: linesPerBlock(geometry, examples) * outWidth,
      };
    }
    case "depthwiseConv2d": {
      // Of one channel: they take their steps one after the other.
      const geometry = conv2dGeometry(spec, layer.inputShape, `layers[${layer.index}]`);
      const { outHeight, outWidth, patchSize } = geometry;
      return {
        rows: examples * outHeight * outWidth,
        inputs: patchSize,
        outputs: 1,
        blockRows: linesPerBlock(geometry, examples) * outWidth,
      };
    }
    case "maxPool2d":
    case "avgPool2d":
    case "globalAvgPool2d":
    case "globalAvgPool1d":
    case "flatten":
    case "batchNorm":
    case "layerNorm":
    case "dropout":
    case "embedding":
    case "custom":
      return null;
    default:
      return spec satisfies never;
  }
}

/** What the patches of a block may take, unless one output line takes more: half of a second-level cache. */
const patchBlockBytes = 2 ** 19;

/** Output lines of a block, counted through all examples. */
export function linesPerBlock({ outHeight, outWidth, patchSize }: Conv2dGeometry, examples: number): number {
  const fitting = Math.floor(patchBlockBytes / (4 * outWidth * patchSize));
  return Math.max(1, Math.min(fitting, examples * outHeight));
}
