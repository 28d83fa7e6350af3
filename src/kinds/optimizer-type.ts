import type { FieldReader } from "../checks/field-reader.ts";
import type { Address, Kernels } from "../runtime/index.ts";

/** An optimizer as plain JSON. */
export interface OptimizerSpec {
  readonly name: string;
  readonly learningRate: number;
}

/** An optimizer: its spec, and the object that the spec's name stands for. */
export interface Optimizer<S extends OptimizerSpec = OptimizerSpec> {
  readonly type: OptimizerType<S>;
  readonly spec: S;
}

/** A first-order optimizer: what it does with a direction. */
export interface OptimizerType<S extends OptimizerSpec = OptimizerSpec> {
  readonly name: S["name"];
  /** The complete spec, from untrusted fields. Throws `bad-option`, naming the field. */
  parse(fields: FieldReader): S;
  /** What it keeps, one float32 value per param and name; zeros before the first step. */
  state(spec: S): readonly string[];
  /** Once per part and batch size: the call that moves the part's params along its direction. */
  call(spec: S, part: OptimizerPart): OptimizerCall;
  /**
   * How far one step can lead, by arithmetic on upper bounds of magnitudes. Without it, or where it says that float32
   * might overflow, params and state are copied before a step and looked at after it.
   */
  bound?(spec: S, before: Magnitudes, move: Move): Magnitudes & { readonly largest: number };
}

/** One step (from 1) at this learning rate; false where a param is not finite any more. */
export type OptimizerCall = (step: number, learningRate: number) => boolean;

/** A dense (rows, columns) part of the direction, and its params and state, whose rows are `stride` values apart. */
export interface OptimizerPart {
  readonly kernels: Kernels;
  readonly rows: number;
  readonly columns: number;
  readonly stride: number;
  readonly direction: Address;
  readonly params: Address;
  /** In the order of the names. */
  readonly state: readonly Address[];
  /** Valid until the call returns. */
  view(address: Address, length: number): Float32Array;
}

/** No value is larger in magnitude. */
export interface Magnitudes {
  readonly params: number;
  readonly state: readonly number[];
}

export interface Move {
  /** No value of the direction is larger in magnitude. */
  readonly direction: number;
  readonly learningRate: number;
  /** From 1. */
  readonly step: number;
}
