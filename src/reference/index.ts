/**
 * The reference: what a step computes, in float64 and plain loops. It is slow and short, and the oracle that the kernels
 * are held against.
 */
export { activationFormulas } from "./activations.ts";
export { referenceDirection } from "./direction.ts";
export type { ReferenceBatch, ReferenceDirection, ReferenceOptions } from "./direction.ts";
export { lossOf } from "./losses.ts";
export type { ReferenceTargets } from "./losses.ts";
export type { Matrix } from "./matrix.ts";
export { referenceUpdate } from "./optimizers.ts";
export type { ReferenceState } from "./optimizers.ts";
export { dropoutFactors, philox } from "./random.ts";
