import type { FieldReader } from "../checks/field-reader.ts";
import type { Address, Kernels } from "../runtime/index.ts";
import type { LoadedBatch } from "./layer-calls.ts";

/** A loss as plain JSON. Its name alone stands for the loss with its defaults. */
export interface LossSpec {
  readonly name: string;
}

/** A loss: its spec, and the object that the spec's name stands for. */
export interface BoundLoss<S extends LossSpec = LossSpec> {
  readonly type: LossType<S>;
  readonly spec: S;
}

/** A kind of loss over the outputs of the last layer. `lossPerExample` makes one from a formula. */
export interface LossType<S extends LossSpec = LossSpec> {
  readonly name: S["name"];
  /** The complete spec, from untrusted fields. Throws `bad-option`, naming the field. */
  parse(fields: FieldReader): S;
  /** "indices": a target is the index of a class; "values": it is one value per output. */
  targets(spec: S): "indices" | "values";
  /**
   * What the outputs are. "classes": scores of classes that exclude one another, whose softmax is how sure the model
   * is; "logits": yes or no, output by output, whose sigmoid is; "values": the predictions themselves.
   */
  readonly outputs: "classes" | "logits" | "values";
  /**
   * Once per batch size: the call that returns the sum of weight x loss over the batch's examples and writes the
   * gradient of that sum / weightSum with respect to the outputs.
   */
  call(spec: S, place: LossContext): (batch: LoadedBatch) => number;
  /** The same for one example in float64, for the reference. src/reference/losses.ts has it for the ones with kernels. */
  formula?(
    spec: S,
    z: readonly number[],
    targets: readonly number[],
  ): { readonly value: number; readonly gradient: readonly number[] };
}

/** The loss of one example's outputs z, and its gradient with respect to them. */
export type LossFormula<S extends LossSpec = LossSpec> = (
  spec: S,
  z: readonly number[],
  targets: readonly number[],
) => { readonly value: number; readonly gradient: readonly number[] };

/** Where a loss finds the batch that lies in the arena, (rows, columns) outputs and the targets to them. */
export interface LossContext {
  readonly kernels: Kernels;
  readonly columns: number;
  readonly outputs: Address;
  /** int32 (rows) class indices, or float32 (rows, columns). */
  readonly targets: Address;
  /** float32 (rows); to be used where the batch has weights. */
  readonly weights: Address;
  /** float32 (columns); 0 where all classes count the same. */
  readonly classWeights: Address;
  /** dL/da of the outputs, to be written. */
  readonly gradient: Address;
  view(address: Address, length: number): Float32Array;
  integers(address: Address, length: number): Int32Array;
}
