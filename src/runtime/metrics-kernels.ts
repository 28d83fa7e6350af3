import type { Address } from "./address.ts";

/** The kernels of evaluation, beside the losses. */
export interface MetricsKernels {
  /** ranks[i] = outputs of row i before the label's: the larger ones, and equal ones of a lower index. */
  labelRanks(
    rows: number,
    columns: number,
    outputs: Address,
    labelsInt32: Address,
    ranksInt32: Address,
  ): void;
  countBelow(count: number, limit: number, valuesInt32: Address): number;
  /** cells (int32), predicted classes on entry, become labels x columns + cells. */
  confusionCells(rows: number, columns: number, labelsInt32: Address, cellsInt32: Address): void;
  /** Sum of |a - b|. */
  sumAbsoluteErrors(count: number, a: Address, b: Address): number;
}
