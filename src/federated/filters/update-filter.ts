import type { FieldReader } from "../../checks/field-reader.ts";
import type { NamedPart, Tensors } from "../../frames/index.ts";

/** The name of an update filter and its options, as plain JSON: what a RunSpec and a task carry. */
export interface FilterSpec {
  readonly name: string;
}

/**
 * What happens to a delta on its way from a client to the server: a plain object, which keeps nothing between calls.
 * A run's filters go in their order on the client and backwards on the server: filters of values first, then one
 * encoding. What a shard of `exchange: "direction"` sends goes the same way.
 */
export type UpdateFilter<S extends FilterSpec = FilterSpec> = ValuesFilter<S> | Encoding<S>;

/** Values in, values out: clipping, noise. */
export interface ValuesFilter<S extends FilterSpec = FilterSpec> extends FilterBase<S> {
  readonly kind: "values";
  /** On the client; may not write into `delta`. */
  apply(spec: S, delta: Float32Array, context: ClientContext): Float32Array;
  /** On the server; absent where nothing is undone. */
  undo?(spec: S, delta: Float32Array, context: FilterContext): Float32Array;
}

/** Values in, the tensors of the update's file out: what is sent. */
export interface Encoding<S extends FilterSpec = FilterSpec> extends FilterBase<S> {
  readonly kind: "encoding";
  /** On the client; the same delta and context give the same bytes. */
  encode(spec: S, delta: Float32Array, context: ClientContext): Tensors;
  /** On the server, from untrusted tensors; throws `bad-file` or `bad-shape`, naming the tensor. */
  decode(spec: S, tensors: Tensors, context: FilterContext): Float32Array;
}

interface FilterBase<S extends FilterSpec> {
  readonly name: S["name"];
  /** Checks the options and fills in their defaults; throws `bad-option`, naming the field. */
  parse(fields: FieldReader): S;
}

export interface FilterContext {
  /** Where each weight matrix and bias lies in the flat delta. */
  readonly layout: readonly NamedPart[];
}

export interface ClientContext extends FilterContext {
  /** The task's seed: drawing from it alone, a filter gives the same bytes when the task is taken again. */
  readonly seed: number;
}

/** The update filters that a run can name, by their names. */
export type FilterSet = Readonly<Record<string, UpdateFilter>>;
