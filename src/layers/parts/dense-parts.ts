import type { DirectionPart, KernelCall, LayerContext, LayerDirection } from "../../kinds/layer-calls.ts";
import type { LayerMatrix, PlacedLayer } from "../../kinds/layer-type.ts";
import { gemmScratchBytes } from "../../runtime/scratch.ts";
import { matrixAt, productCall } from "./matrix.ts";

/*
 * The direction A^T G of a dense layer, part by part: each is made in the first-level cache's reach, given to the
 * optimizer there, and written over by the next.
 */

/** Columns that gemm takes at a time. */
const columnsOfPart = 128;
/** Whole tiles, and 63 KiB of 128 columns. */
const rowsOfPart = 126;

interface Rectangle {
  readonly row: number;
  readonly rows: number;
  readonly column: number;
  readonly columns: number;
}

/** What gemm needs for a part, and behind it the part. */
export function densePartsBytes({ inputs, outputs, blockRows }: LayerMatrix): number {
  const { rows, columns } = partSize(inputs, outputs);
  return gemmScratchBytes(outputs, blockRows) + 4 * rows * columns;
}

/** Narrow layers take more rows at a time. */
function partSize(inputs: number, outputs: number): Pick<Rectangle, "rows" | "columns"> {
  const columns = Math.min(outputs, columnsOfPart);
  const rows = rowsOfPart * Math.floor(columnsOfPart / columns);
  return { rows: Math.min(inputs + 1, rows), columns };
}

function rectanglesOf(inputs: number, outputs: number): Rectangle[] {
  const size = partSize(inputs, outputs);
  const rectangles: Rectangle[] = [];
  for (let column = 0; column < outputs; column += size.columns) {
    const columns = Math.min(size.columns, outputs - column);
    for (let row = 0; row <= inputs; row += size.rows)
      rectangles.push({ row, rows: Math.min(size.rows, inputs + 1 - row), column, columns });
  }
  return rectangles;
}

/** |(A^T G)_ij| <= rows max |A| max |G|, which is not finite where one of their values is not. */
export function denseDirection(layer: PlacedLayer, context: LayerContext): LayerDirection {
  const { kernels, rows, input, outputGradient } = context;
  const { inputSize, outputSize } = layer;
  return {
    bound(batch) {
      const largestInput =
        layer.index === 0 ? batch.largestInput : kernels.largestMagnitude(rows * inputSize, input);
      const largestGradient = kernels.largestMagnitude(rows * outputSize, outputGradient);
      return rows * Math.max(1, largestInput) * largestGradient;
    },
    parts: rectanglesOf(inputSize, outputSize).map((rectangle) => densePart(layer, context, rectangle)),
  };
}

function densePart(layer: PlacedLayer, context: LayerContext, rectangle: Rectangle): DirectionPart {
  const { outputSize, params } = layer;
  const { row, rows, column, columns } = rectangle;
  const direction = context.scratch + gemmScratchBytes(outputSize, context.rows);
  return {
    make: productCalls(layer, { ...context, direction }, rectangle),
    direction,
    offset: (params[0]?.offset ?? 0) + row * outputSize + column,
    // What lies together is one row.
    ...(columns === outputSize
      ? { rows: 1, columns: rows * columns, stride: 0 }
      : { rows, columns, stride: outputSize }),
  };
}

/** All of A^T G. */
export function wholeProductCalls(layer: PlacedLayer, context: LayerContext): KernelCall[] {
  const { inputSize, outputSize } = layer;
  return productCalls(layer, context, { row: 0, rows: inputSize + 1, column: 0, columns: outputSize });
}

/** A rectangle of A^T G, dense where the context has the direction; the last row is the bias's. */
function productCalls(
  { inputSize, outputSize }: PlacedLayer,
  { kernels, rows, input, outputGradient, direction, scratch }: LayerContext,
  { row, column, columns, ...rectangle }: Rectangle,
): KernelCall[] {
  const hasBias = row + rectangle.rows > inputSize;
  const weightRows = rectangle.rows - (hasBias ? 1 : 0);
  const gradient = outputGradient + 4 * column;
  const products = productCall(kernels, "gemmTransposedA", {
    a: { at: input + 4 * row, rows, columns: weightRows, stride: inputSize },
    b: { at: gradient, rows, columns, stride: outputSize },
    c: matrixAt(direction, weightRows, columns),
    scratch,
  });
  const bias = direction + 4 * weightRows * columns;
  return hasBias
    ? [products, () => kernels.columnSums(rows, columns, outputSize, gradient, bias)]
    : [products];
}
