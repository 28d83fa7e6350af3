import { EdgepropError } from "../errors.ts";
import type { Address } from "./address.ts";
import type { ConjugateGradientsKernels } from "./conjugate-gradients-kernels.ts";
import type { ImageKernels } from "./image-kernels.ts";
import type { LayerKernels } from "./layer-kernels.ts";
import type { LossKernels } from "./loss-kernels.ts";
import type { MetricsKernels } from "./metrics-kernels.ts";
import type { OptimizerKernels } from "./optimizer-kernels.ts";

export type { Address } from "./address.ts";

/**
 * The exports of the wasm kernels (src/kernels): sizes, scalars, inputs with strides, outputs. Addresses point
 * at float32 values unless their name says otherwise; strides count values from row to row.
 */
export interface Kernels
  extends
    ImageKernels,
    LayerKernels,
    ConjugateGradientsKernels,
    LossKernels,
    MetricsKernels,
    OptimizerKernels {
  /** c (rows, columns) = bias + a (rows, depth) b (depth, columns); bias 0: none. */
  gemm(
    rows: number,
    columns: number,
    depth: number,
    a: Address,
    aStride: number,
    b: Address,
    bStride: number,
    bias: Address,
    c: Address,
    cStride: number,
    scratch: Address,
  ): void;
  /** c = sigma(bias + a b). activation: 1 relu, 2 leakyRelu, 3 tanh, 4 sigmoid; 0 none. */
  gemmActivated(
    rows: number,
    columns: number,
    depth: number,
    a: Address,
    aStride: number,
    b: Address,
    bStride: number,
    bias: Address,
    activation: number,
    c: Address,
    cStride: number,
    scratch: Address,
  ): void;
  /** c = bias + a^T b: a is (depth, rows). */
  gemmTransposedA(
    rows: number,
    columns: number,
    depth: number,
    a: Address,
    aStride: number,
    b: Address,
    bStride: number,
    bias: Address,
    c: Address,
    cStride: number,
    scratch: Address,
  ): void;
  /** c = bias + a b^T: b is (columns, depth). */
  gemmTransposedB(
    rows: number,
    columns: number,
    depth: number,
    a: Address,
    aStride: number,
    b: Address,
    bStride: number,
    bias: Address,
    c: Address,
    cStride: number,
    scratch: Address,
  ): void;
  gemmScratchBytes(columns: number, depth: number): number;

  /** gram (rows, rows) float64 = a a^T + 1. */
  gramOfRows(
    rows: number,
    inputs: number,
    a: Address,
    aStride: number,
    gram: Address,
    scratch: Address,
  ): void;
  /** gram (inputs + 1, inputs + 1) = [a, 1]^T [a, 1], right (inputs + 1, outputs) = [a, 1]^T g, both float64. */
  gramOfColumns(
    rows: number,
    inputs: number,
    outputs: number,
    a: Address,
    aStride: number,
    g: Address,
    gStride: number,
    gram: Address,
    right: Address,
    scratch: Address,
  ): void;
  /** What gramOfColumns makes, from zero and block by block. */
  clearSystem(inputs: number, outputs: number, gram: Address, right: Address): void;
  addGramOfColumns(
    rows: number,
    inputs: number,
    outputs: number,
    a: Address,
    aStride: number,
    g: Address,
    gStride: number,
    gram: Address,
    right: Address,
    scratch: Address,
  ): void;
  gramScratchBytes(columns: number, terms: number): number;
  /** g (rows, outputs) = scale ([a, 1] [a, 1]^T + damping I)^-1 g, a being (rows, inputs). */
  filterRows(
    rows: number,
    inputs: number,
    outputs: number,
    damping: number,
    scale: number,
    a: Address,
    g: Address,
    gram: Address,
    work: Address,
    scratch: Address,
  ): void;
  dualFilterWorkBytes(rows: number, outputs: number): number;
  choleskyFactor(size: number, damping: number, gram: Address): void;
  choleskySolve(size: number, columns: number, factor: Address, right: Address): void;
  promoteRows(rows: number, columns: number, stride: number, values: Address, out64: Address): void;
  demoteRows(
    rows: number,
    columns: number,
    stride: number,
    scale: number,
    values64: Address,
    out: Address,
  ): void;
  /** The first column, to every `stride`-th value of out. */
  demoteColumn(rows: number, scale: number, values64: Address, out: Address, stride: number): void;

  /** a = sigma(z) in place, by the numbers of gemmActivated. */
  activate(activation: number, count: number, values: Address): void;
  reluBackward(count: number, activations: Address, gradient: Address): void;
  tanhBackward(count: number, activations: Address, gradient: Address): void;
  sigmoidBackward(count: number, activations: Address, gradient: Address): void;

  columnSums(rows: number, columns: number, stride: number, values: Address, out: Address): void;
  argmaxRows(rows: number, columns: number, values: Address, labelsInt32: Address): void;
  countCorrect(rows: number, columns: number, values: Address, labelsInt32: Address): number;
  /** The index of the first, or -1. */
  firstNonFinite(count: number, values: Address): number;
  firstOutside(count: number, limit: number, labelsInt32: Address): number;
  firstNoWeight(count: number, values: Address): number;
  /** The largest |value|; NaN when any is NaN. */
  largestMagnitude(count: number, values: Address): number;
  sumOfSquares(count: number, values: Address): number;

  scaleBytes(count: number, scale: number, bytes: Address, out: Address): void;
  scaleFloats(count: number, scale: number, values: Address): void;
  copy(count: number, values: Address, out: Address): void;
  /** out += values. */
  accumulate(count: number, values: Address, out: Address): void;
  fill(count: number, value: number, out: Address): void;
  /** out = 0. */
  clear(count: number, out: Address): void;
  uniform(count: number, seedLow: number, seedHigh: number, low: number, high: number, out: Address): void;
  /** Normal values of mean 0 and variance 1. */
  normal(count: number, seedLow: number, seedHigh: number, out: Address): void;

  /** sums (int64) += weight x deltas x 2^32, rounded half to even; the caller keeps every sum below 2^63. */
  fixedPointAdd(count: number, weight: number, deltas: Address, sumsInt64: Address): void;
  /** params += sums x 2^-32 x scale, in float64, rounded once. */
  fixedPointApply(count: number, scale: number, sumsInt64: Address, params: Address): void;
  /** Adds the statistics of dense a (rows, inputs) and g (rows, outputs) to int64 sums; gram 0: none. */
  addStatistics(
    rows: number,
    inputs: number,
    outputs: number,
    a: Address,
    g: Address,
    scratch: Address,
    gramInt64: Address,
    rightInt64: Address,
  ): void;
  /** The index of the first sum not below `limit` units in magnitude, or -1. */
  firstBeyond(count: number, limit: number, sumsInt64: Address): number;
  /** Such sums as a float64 system for choleskyFactor and choleskySolve. */
  statisticsToSystem(
    size: number,
    columns: number,
    gramInt64: Address,
    rightInt64: Address,
    gram: Address,
    right: Address,
  ): void;
  /** into += from. */
  fixedPointMerge(count: number, fromInt64: Address, intoInt64: Address): void;
}

export interface KernelsInstance {
  readonly kernels: Kernels;
  /** The first byte after the kernels' own static data. */
  readonly heapBase: Address;
}

export function instantiateKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): KernelsInstance {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const heapBase = exports["__heap_base"];
  if (!(heapBase instanceof WebAssembly.Global) || typeof exports["gemm"] !== "function") {
    const found = Object.keys(exports).join(", ");
    throw new EdgepropError(
      "kernels-unavailable",
      `the wasm module exports ${found}; expected the kernels of edgeprop`,
    );
  }
  return { kernels: exports as unknown as Kernels, heapBase: Number(heapBase.value) };
}
