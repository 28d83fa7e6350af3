import { EdgepropError } from "../errors.ts";
import type { FieldReader } from "../checks/field-reader.ts";
import type { KernelCall, LayerContext } from "../kinds/layer-calls.ts";
import type { LayerForm, LayerPlace, LayerSpec, LayerType, PlacedLayer } from "../kinds/layer-type.ts";
import type { Address } from "../runtime/index.ts";

/**
 * A layer of a user's own in plain functions. Both compute in place, synchronously, from and into float32 views that
 * are valid until they return; they write only what is said to be written, and keep nothing between calls: then the
 * trainer stays as deterministic as they are.
 */
export interface LayerCode<S extends LayerSpec = LayerSpec> {
  readonly type: S["type"];
  /** The complete spec, from untrusted fields. Throws `bad-option`, naming the field. */
  parse(fields: FieldReader): S;
  /** The output's shape and the params. Throws `bad-shape`, naming the place. */
  form(spec: S, place: LayerPlace): LayerForm;
  /** Writes `outputs`. */
  forward(context: LayerForward<S>): void;
  /** Adds to `direction` and, unless it is null, to `inputGradient`; both are zeros on entry. */
  backward(context: LayerBackward<S>): void;
  /** Whether what it does to an example depends on that example alone, whatever batch it is in. Default false. */
  readonly isPerExample?: boolean;
}

export interface LayerForward<S extends LayerSpec = LayerSpec> {
  /** Examples of the batch: every tensor of activations is (examples, values per example), row-major. */
  readonly examples: number;
  readonly spec: S;
  /** False in evaluation and prediction. */
  readonly isTraining: boolean;
  readonly inputs: Float32Array;
  readonly outputs: Float32Array;
  /** By name, flat. */
  readonly params: Readonly<Record<string, Float32Array>>;
}

export interface LayerBackward<S extends LayerSpec = LayerSpec> extends LayerForward<S> {
  /** dL/da of the outputs, L being the mean over the batch. */
  readonly outputGradient: Float32Array;
  /** dL/da of the inputs; null where nothing before this layer trains. */
  readonly inputGradient: Float32Array | null;
  /** dL/dparam by the param's name. */
  readonly direction: Readonly<Record<string, Float32Array>>;
}

/** A LayerType that was made of plain functions: the reference runs the same ones on float64. */
export interface CustomLayerType<S extends LayerSpec = LayerSpec> extends LayerType<S> {
  readonly code: LayerCode<S>;
}

/**
 * A layer of a user's own, for the set `layers`. It takes explicit steps whatever the update rule.
 *
 * @example
 * ```ts
 * const doubled = customLayer({
 *   type: "doubled",
 *   parse(fields) {
 *     fields.allowOnly(["type"]);
 *     return { type: "doubled" };
 *   },
 *   form: (_, { inputShape }) => ({ outputShape: inputShape, params: [] }),
 *   forward({ inputs, outputs }) {
 *     for (const [i, x] of inputs.entries()) outputs[i] = 2 * x;
 *   },
 *   backward({ inputGradient, outputGradient }) {
 *     if (inputGradient !== null) for (const [i, g] of outputGradient.entries()) inputGradient[i] = 2 * g;
 *   },
 * });
 * ```
 */
export function customLayer<S extends LayerSpec>(code: LayerCode<S>): CustomLayerType<S> {
  return {
    code,
    type: code.type,
    isPerExample: code.isPerExample ?? false,
    // `backward` makes both at one go.
    alwaysWritesDirection: true,
    parse: (fields) => code.parse(fields),
    form(spec, place) {
      const form = code.form(spec, place);
      const names = form.params.map(({ name }) => name);
      const twice = names.find((name, i) => names.indexOf(name) !== i);
      if (twice === undefined) return form;
      throw new EdgepropError("bad-option", `${place.path}: the layer has the param "${twice}" twice`);
    },
    calls: (layer, context) => ({
      forward: [() => code.forward(forwardContext(layer, context, false))],
      trainingForward: [() => code.forward(forwardContext(layer, context, true))],
      propagate: backwardCalls(code, layer, context),
      direction: () => [],
    }),
  };
}

function forwardContext<S extends LayerSpec>(
  layer: PlacedLayer<S>,
  { rows, view, input, output, params }: LayerContext,
  isTraining: boolean,
): LayerForward<S> {
  return {
    examples: rows,
    spec: layer.spec,
    isTraining,
    inputs: view(input, rows * layer.inputSize),
    outputs: view(output, rows * layer.outputSize),
    params: byName(layer, params, view),
  };
}

function backwardCalls<S extends LayerSpec>(
  code: LayerCode<S>,
  layer: PlacedLayer<S>,
  context: LayerContext,
): KernelCall[] {
  const { kernels, rows, view, direction, outputGradient, inputGradient } = context;
  const numParams = layer.params.reduce((sum, { length }) => sum + length, 0);
  return [
    () => kernels.clear(numParams, direction),
    () => {
      if (inputGradient !== null) kernels.clear(rows * layer.inputSize, inputGradient);
      code.backward({
        ...forwardContext(layer, context, true),
        outputGradient: view(outputGradient, rows * layer.outputSize),
        inputGradient: inputGradient === null ? null : view(inputGradient, rows * layer.inputSize),
        direction: byName(layer, direction, view),
      });
    },
  ];
}

/** Views of what belongs to each param, by the name that the layer gave it. */
function byName(
  { params }: Pick<PlacedLayer, "params">,
  start: Address,
  view: LayerContext["view"],
): Record<string, Float32Array> {
  const begin = params[0]?.offset ?? 0;
  return Object.fromEntries(
    params.map(({ ownName, offset, length }) => [ownName, view(start + 4 * (offset - begin), length)]),
  );
}
