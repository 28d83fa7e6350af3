import type { Address, Kernels } from "../../runtime/index.ts";
import type { ProxSide } from "../prox-side.ts";

/** One kernel call with its arguments bound. */
export type KernelCall = () => void;

/** What a layer contributes to a step: every layer type builds this from its spec and place. */
export interface LayerCalls {
  /** input -> output */
  readonly forward: readonly KernelCall[];
  /** outputGradient: dL/da -> G = dL/dz; -> inputGradient. Before `direction`, which may filter G. */
  readonly propagate: readonly KernelCall[];
  /** G -> the direction of the layer's params; empty for a layer without. */
  readonly direction: readonly KernelCall[];
}

/** Where a layer's values lie for one batch of `rows` examples. */
export interface LayerContext {
  readonly kernels: Kernels;
  readonly rows: number;
  /** (rows, inputSize) and (rows, outputSize) */
  readonly input: Address;
  readonly output: Address;
  /** dL/da of the output; the layer may use it up. */
  readonly outputGradient: Address;
  /** dL/da of the input, to be written; null for the first layer. */
  readonly inputGradient: Address | null;
  readonly params: Address;
  readonly direction: Address;
  readonly scratch: Address;
  /** Of convolutions: a block of patches, and what a block adds to the direction. */
  readonly patches: Address;
  readonly partial: Address;
  /** null: the direction is the gradient. */
  readonly prox: ProxStep | null;
}

/** (A^T A + damping I) D = scale A^T G */
export interface ProxStep {
  readonly side: ProxSide;
  readonly damping: number;
  readonly scale: number;
  readonly gram: Address;
  readonly right: Address;
  readonly work: Address;
  /** Of conjugate gradients; null: the exact solution. */
  readonly cgIterations: number | null;
}
