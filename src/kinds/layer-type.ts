import type { FieldReader } from "../checks/field-reader.ts";
import type { BufferRequest } from "../runtime/index.ts";
import type { ActivationType } from "./activation-type.ts";
import type { LayerCalls, LayerContext, LayerDirection, ProxSide } from "./layer-calls.ts";

/** A layer as plain JSON: what a ModelSpec lists. */
export interface LayerSpec {
  readonly type: string;
}

/** A kind of layer: one object that says all there is to know of it. `customLayer` makes one from plain functions. */
export interface LayerType<S extends LayerSpec = LayerSpec> {
  readonly type: S["type"];
  /** The complete spec, from untrusted fields. Throws `bad-option`, naming the field. */
  parse(fields: FieldReader): S;
  /** What follows from the spec and the input's shape. Throws `bad-shape`, naming the place. */
  form(spec: S, place: LayerPlace): LayerForm;
  /** The kernel calls of one batch size, built once and run for every batch. */
  calls(layer: PlacedLayer<S>, context: LayerContext): LayerCalls;
  /** For a layer whose z is linear in its params: then update rules can take implicit steps. */
  readonly linear?: LinearLayer<S>;
  /** Buffers of the layer's own, by names that `LayerContext.own` takes. */
  buffers?(layer: PlacedLayer<S>, batchSize: number): readonly BufferRequest[];
  /** Whether what it does to an example depends on that example and the params alone, whatever batch it is in. */
  readonly isPerExample: boolean;
  /** Whether every output value lies within the range of the inputs: probabilities stay probabilities. */
  readonly keepsRange?: true;
  /** Whether its backward calls write the direction although the layer is frozen: they need a place for it. */
  readonly alwaysWritesDirection?: true;
}

export interface LayerPlace {
  readonly index: number;
  /** As in "layers[2]". */
  readonly path: string;
  /** The shape of one example. */
  readonly inputShape: readonly number[];
}

export interface LayerForm {
  /** The shape of one example's output. */
  readonly outputShape: readonly number[];
  /** In the order in which they lie in the flat params, those that are not trained last; empty for a layer without. */
  readonly params: readonly ParamForm[];
  /** For a first layer that takes tokens: its inputs are integers in [0, vocabularySize). */
  readonly vocabularySize?: number;
}

export interface ParamForm {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initial: InitialValues;
  /** False for what a layer keeps of its batches: no optimizer and no weight decay touches it. */
  readonly isTrained: boolean;
}

/**
 * How a param begins. uniform: U(-1 / sqrt(fanIn), 1 / sqrt(fanIn)), fanIn being the inputs that an output value is
 * computed from; normal: mean 0 and variance 1.
 */
export type InitialValues =
  | { readonly kind: "uniform"; readonly fanIn: number }
  | { readonly kind: "zeros" | "ones" | "normal" };

/** A layer in its place: the shapes that follow from the layers before it, and where its params lie. */
export interface PlacedLayer<S extends LayerSpec = LayerSpec> {
  readonly index: number;
  readonly type: LayerType<S>;
  readonly spec: S;
  /** Null for a layer whose spec has no activation. */
  readonly activation: ActivationType | null;
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  /** Values per example. */
  readonly inputSize: number;
  readonly outputSize: number;
  /** For a first layer that takes tokens: its inputs are integers in [0, vocabularySize). */
  readonly vocabularySize?: number;
  readonly params: readonly PlacedParam[];
}

export interface PlacedParam extends ParamForm {
  /** As in "layers.0.weights". */
  readonly name: string;
  /** As the layer calls it: "weights". */
  readonly ownName: string;
  /** Where it begins in the flat params, and how many values it has. */
  readonly offset: number;
  readonly length: number;
}

/** What update rules need of a layer that is linear in its params: A = [a_prev, 1], or [patches, 1], against G = dL/dz. */
export interface LinearLayer<S extends LayerSpec = LayerSpec> {
  matrix(layer: PlacedLayer<S>, examples: number): LayerMatrix;
  /** Which of the equal systems of a prox step costs the least. */
  side(matrix: LayerMatrix, cgIterations: number | undefined): ProxSide;
  /** A^T G part by part, each applied by the optimizer while it is in the cache; absent: it is always made whole. */
  readonly parts?: {
    bytes(matrix: LayerMatrix): number;
    direction(layer: PlacedLayer<S>, context: LayerContext): LayerDirection;
  };
  /** Whether machines can exchange A^T A and A^T G, which are sums over examples. */
  readonly hasStatistics?: true;
}

export interface LayerMatrix {
  /** Rows of A and G: the examples, times the output positions of a convolution. */
  readonly rows: number;
  /** Columns of A without the one for the bias. */
  readonly inputs: number;
  /** Columns of G. */
  readonly outputs: number;
  /** Rows that a kernel sees at once: all of them, but the patches of a convolution come in blocks. */
  readonly blockRows: number;
  /** Bytes of one block of patches; 0 where A is the input itself. */
  readonly patchBytes: number;
  /** Bytes of what one block adds to a direction that is summed over blocks; 0 where there is one block. */
  readonly partialBytes: number;
}
