import type { Address, Kernels } from "../runtime/index.ts";

/** One kernel call with its arguments bound. */
export type KernelCall = () => void;

/** By index: in a step's first runs, which are interpreted, an iterator takes longer than a small kernel. */
export function runCalls(calls: readonly KernelCall[]): void {
  for (let i = 0; i < calls.length; i++) calls[i]?.();
}

/** What a layer contributes to a step: every layer type builds this from its spec and place. */
export interface LayerCalls {
  /** input -> output, as at inference */
  readonly forward: readonly KernelCall[];
  /** The same in a training step, where it differs. */
  readonly trainingForward?: readonly KernelCall[];
  /** outputGradient: dL/da -> G = dL/dz; -> inputGradient. Before `direction`, which may filter G. */
  readonly propagate: readonly KernelCall[];
  /**
   * G -> the direction of the layer's params, A^T G or the prox step's; G filtered where it is made in parts. Absent
   * for a layer without params.
   */
  direction?(prox: ProxStep | null): readonly KernelCall[];
  /** What the layer keeps of its batches; absent for most. */
  readonly memory?: LayerMemory;
}

export interface LayerMemory {
  /** What trainingForward has found out of the batch: finite, or the step fails. */
  readonly found: { readonly address: Address; readonly length: number };
  /** Once the step has succeeded: -> the params that are not trained. */
  readonly keep: readonly KernelCall[];
}

/** Where a layer's values lie for one batch of `rows` examples. */
export interface LayerContext {
  readonly kernels: Kernels;
  readonly rows: number;
  /** (rows, inputSize) and (rows, outputSize) */
  readonly input: Address;
  readonly output: Address;
  /** z: where the output lies, unless the activation's slope needs it beside a. */
  readonly preactivations: Address;
  /** dL/da of the output; the layer may use it up. */
  readonly outputGradient: Address;
  /** dL/da of the input, to be written; null for the first layer. */
  readonly inputGradient: Address | null;
  readonly params: Address;
  /** Where the direction goes, unless it is made in parts. */
  readonly direction: Address;
  readonly isInParts: boolean;
  readonly scratch: Address;
  /** One block of patches of a convolution, and what a block adds to the direction. */
  readonly patches: Address;
  readonly partial: Address;
  readonly isFrozen: boolean;
  /** null: no value is dropped. */
  readonly noise: Noise | null;
  /** A buffer of the layer's own: see LayerType.buffers. */
  readonly own: (name: string) => Address;
  readonly view: (address: Address, length: number) => Float32Array;
}

/** What a layer's params are moved by, once the backward pass is over. */
export interface LayerDirection {
  /** No value is larger in magnitude; not finite where the direction is not. */
  readonly bound: (batch: LoadedBatch) => number;
  /** To be made and used one after the other. */
  readonly parts: readonly DirectionPart[];
}

/** A dense matrix of the direction's values, and where the params that it moves lie. */
export interface DirectionPart {
  /** Makes it where the next part may be made too; empty where it lies ready. */
  readonly make: readonly KernelCall[];
  readonly direction: Address;
  readonly rows: number;
  readonly columns: number;
  /** In values: where its first one lies among the flat params, and how far rows are apart. */
  readonly offset: number;
  readonly stride: number;
}

/** What a step's random values are a function of, beside layer and place. */
export interface Noise {
  /** Random integers in [0, 2^32), one per call: the same ones for the same seed and name. */
  readonly integers: (name: string) => () => number;
  /** From 1. */
  readonly stepNumber: () => number;
}

/**
 * Which of the equal systems a prox step solves: over the batch's rows (dual) or the layer's inputs (primal); or, for
 * conjugate gradients, neither: products with A and A^T.
 */
export type ProxSide = "dual" | "primal" | "products";

/** (A^T A + damping I) D = scale A^T G */
export interface ProxStep {
  readonly side: ProxSide;
  readonly damping: number;
  readonly scale: number;
  readonly gram: Address;
  readonly right: Address;
  readonly work: Address;
  /** Iterations of conjugate gradients; null: the exact solution. */
  readonly cgIterations: number | null;
}

/** The batch that lies in the arena. */
export interface LoadedBatch {
  readonly rows: number;
  /** Whether the buffer `weights` has theirs; else each is 1. */
  readonly hasWeights: boolean;
  /** What a sum over the examples is divided by to be a mean: the sum of their weights, times those of their classes. */
  readonly weightSum: number;
  /** No input value is larger in magnitude. */
  readonly largestInput: number;
}
