import type { FieldReader } from "../checks/field-reader.ts";
import type { KernelCall, ProxSide, ProxStep } from "./layer-calls.ts";
import type { LayerMatrix, PlacedLayer } from "./layer-type.ts";

/** An update rule as plain JSON: what a RunSpec, a checkpoint or a layer carries. */
export interface RuleSpec {
  readonly name: string;
}

/** A rule: its spec, and the object that the spec's name stands for. */
export interface Rule<S extends RuleSpec = RuleSpec> {
  readonly type: RuleType<S>;
  readonly spec: S;
}

/** An update rule: how a batch becomes the direction that the optimizer gets. */
export interface RuleType<S extends RuleSpec = RuleSpec> {
  readonly name: S["name"];
  /** The complete spec, from untrusted fields. Throws `bad-option`, naming the field. */
  parse(fields: FieldReader): S;
  /** The rule that the last linear layer follows where this one is the trainer's. Default: the same. */
  onLastLayer?(spec: S): Rule;
  /** Which system of the layer's it solves; null: none. Default null. */
  side?(spec: S, layer: RulePlace & { readonly matrix: LayerMatrix }): ProxSide | null;
  /** Iterations of conjugate gradients on that system; null (the default): it is solved exactly. */
  cgIterations?(spec: S): number | null;
  /**
   * Whether the direction is A^T G of the G that the rule leaves: then a dense layer makes it part by part. Default
   * false, for a rule that reads or changes the direction.
   */
  isProduct?(spec: S, side: ProxSide | null): boolean;
  /**
   * float32 values that the rule keeps for the layer from step to step, to be kept finite: a checkpoint with others is
   * refused. Zeros before the first step. Default none.
   */
  state?(spec: S, layer: RulePlace): readonly RuleState[];
  /** The calls that leave the layer's direction. They are built once per batch size and run in every step. */
  direction(spec: S, layer: RuleContext): readonly KernelCall[];
}

export interface RuleState {
  readonly name: string;
  /** In values. */
  readonly length: number;
}

/** A layer with params that trains, before anything runs. */
export interface RulePlace {
  readonly layer: PlacedLayer;
  /** Null for a layer whose z is not linear in its params: it has no A. */
  readonly matrix: LayerMatrix | null;
  /** Whether it is the last layer whose z is linear in its params. */
  readonly isLast: boolean;
}

export interface RuleContext extends RulePlace {
  /** n, the examples of the batch. */
  readonly examples: number;
  readonly side: ProxSide | null;
  /** The calls that leave the plain gradient A^T G in `values().direction`. */
  gradient(): readonly KernelCall[];
  /** The calls that leave D instead, (A^T A + damping I) D = scale A^T G, by the rule's `side`. */
  solution(system: ProxSystem): readonly KernelCall[];
  /** Views of the trainer's memory: to be asked for within a call, and valid during that call alone. */
  values(): RuleValues;
}

export type ProxSystem = Pick<ProxStep, "damping" | "scale">;

export interface RuleValues {
  /** Flat, in the order of `params`: what the calls before have left, to be changed in place. */
  readonly direction: Float32Array;
  /**
   * Flat, not to be written: the weights, (in, out) for a dense layer and (kernelSize, kernelSize, channels, filters)
   * for a convolution, then the bias, (out); those of another layer as `paramsLayout` lists them.
   */
  readonly params: Float32Array;
  /** (examples, values per input), row-major, not to be written: a_prev, images as (height, width, channels). */
  readonly inputs: Float32Array;
  /** (examples, values per output), not to be written: G = dL/dz, L being the (weighted) mean over the batch. */
  readonly outputGradient: Float32Array;
  /**
   * By name, to be changed in place. A step that fails, and `trainer.direction`, leave the state as it was before.
   */
  readonly state: Readonly<Record<string, Float32Array>>;
}
