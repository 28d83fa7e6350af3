import type { Address, Kernels } from "../runtime/index.ts";

/**
 * An activation a = sigma(z). Its slope is computed either from a alone (`slopeFrom: "a"`: z need not be kept) or from
 * z, which then has a buffer of its own. Ours are rows of src/activations/all.ts; `elementwise` makes one from a formula.
 */
export interface ActivationType {
  readonly name: string;
  /** What the kernels `activate` and `gemmActivated` call it; 0: they leave z as it is, and `forward` follows. */
  readonly number: number;
  readonly slopeFrom: "a" | "z";
  /** (z, a): writes sigma(z) to a; null where `number` says it all. */
  readonly forward: ElementwiseFunction | null;
  /** (a or z as `slopeFrom` says, gradient): multiplies gradient by sigma'(z); null: the slope is 1. */
  readonly backward: ElementwiseFunction | null;
  /** The same in float64, for the reference. src/reference/activations.ts has it for the ones with kernels. */
  readonly formula?: ActivationFormula;
}

export interface ActivationFormula {
  /** sigma(z) */
  readonly value: (z: number) => number;
  /** sigma'(z) */
  readonly slope: (z: number) => number;
}

/** A kernel's name, or a function over views of the trainer's memory: from one of `count` values into another. */
export type ElementwiseFunction = ElementwiseKernel | ((from: Float32Array, into: Float32Array) => void);

type ElementwiseKernel = {
  [Name in keyof Kernels]: Kernels[Name] extends (count: number, from: Address, into: Address) => void
    ? Name
    : never;
}[keyof Kernels];
