import { checkObject } from "../checks/check-options.ts";
import { EdgepropError } from "../errors.ts";
import { formOfLayer } from "./form-of-layer.ts";
import type { ParamForm } from "./layers/layer.ts";
import type { LayerSpec, ModelSpec } from "./spec.ts";

/** A layer in its place: the shapes that follow from the layers before it, and where its params lie. */
export interface PlacedLayer {
  readonly index: number;
  readonly spec: LayerSpec;
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  /** Values an example. */
  readonly inputSize: number;
  readonly outputSize: number;
  readonly params: readonly PlacedParam[];
}

interface PlacedParam extends ParamForm {
  /** As in "layers.0.weights". */
  readonly name: string;
  /** Where it begins in the flat params, and how many values it has. */
  readonly offset: number;
  readonly length: number;
}

/** Throws `bad-option` for what is no model, and `bad-shape`, naming the layer, where a layer cannot take what the one before it gives. */
export function describeModel(model: ModelSpec): PlacedLayer[] {
  checkObject("the model", model);
  if (!Array.isArray(model.input) || !Array.isArray(model.layers)) {
    throw new EdgepropError(
      "bad-option",
      "the model has no list of input and layers; expected what sequential or parseModelSpec gives",
    );
  }
  let inputShape: readonly number[] = model.input;
  let offset = 0;
  return model.layers.map((spec, index) => {
    const form = formOfLayer(spec, index, inputShape);
    const params = form.params.map((param) => {
      const length = sizeOf(param.shape);
      const placed = { ...param, name: `layers.${index}.${param.name}`, offset, length };
      offset += placed.length;
      return placed;
    });
    const layer = {
      index,
      spec,
      inputShape,
      outputShape: form.outputShape,
      inputSize: sizeOf(inputShape),
      outputSize: sizeOf(form.outputShape),
      params,
    };
    inputShape = form.outputShape;
    return layer;
  });
}

/**
 * The last layer whose params are linear in its input: the one that an update rule's `lastLayer` speaks of. What comes
 * after it takes explicit steps whatever the rule.
 */
export function lastLinear(layers: readonly PlacedLayer[]): PlacedLayer | undefined {
  return layers.findLast(({ spec }) => isLinear(spec));
}

/** Whether the layer's z is linear in its params, so that a prox step can be taken. */
function isLinear({ type }: LayerSpec): boolean {
  return type === "dense" || type === "conv2d" || type === "depthwiseConv2d";
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
