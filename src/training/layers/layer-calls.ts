import type { PlacedLayer } from "../../model/index.ts";
import type { Address, Kernels } from "../../runtime/index.ts";
import type { LoadedBatch } from "../batches/batch-loader.ts";
import type { CustomLayer } from "../options/custom-layer.ts";
import type { ProxSide } from "./prox-side.ts";

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
  /** G -> the direction of the layer's params, or G filtered where it is made in parts; empty for a layer without. */
  readonly direction: readonly KernelCall[];
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
  /** Of convolutions: a block of patches, and what a block adds to the direction. */
  readonly patches: Address;
  readonly partial: Address;
  /** Of a layer that normalises by the batch, values for each channel: normalization-calls.ts. */
  readonly moments: Address;
  /** null: the direction is the gradient. */
  readonly prox: ProxStep | null;
  readonly isFrozen: boolean;
  /** null: no value is dropped. */
  readonly noise: Noise | null;
  /** The code of a custom layer. */
  readonly custom: CustomLayer | null;
  readonly view: (address: Address, length: number) => Float32Array;
}

/** What a layer's params are moved by, once the backward pass is over. */
export interface LayerDirection {
  readonly layer: PlacedLayer;
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
  /** Of its first value among the flat params, and from row to row. */
  readonly offset: number;
  readonly stride: number;
}

/** What a step's random values are a function of, beside layer and place. */
export interface Noise {
  /** 32 bits each. */
  readonly keyLow: number;
  readonly keyHigh: number;
  /** From 1. */
  readonly stepNumber: () => number;
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
