import { conv2dForm } from "./layers/conv2d.ts";
import { denseForm } from "./layers/dense.ts";
import { flattenForm } from "./layers/flatten.ts";
import type { LayerForm } from "./layers/layer.ts";
import { globalAvgPool2dForm, pool2dForm } from "./layers/pooling.ts";
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

interface PlacedParam {
  /** As in "layers.0.weights". */
  readonly name: string;
  readonly shape: readonly number[];
  readonly fanIn: number;
  /** Where it begins in the flat params, and how many values it has. */
  readonly offset: number;
  readonly length: number;
}

/** Throws `bad-shape`, naming the layer, where a layer cannot take what the one before it gives. */
export function describeModel(model: ModelSpec): PlacedLayer[] {
  let inputShape = model.input;
  let offset = 0;
  return model.layers.map((spec, index) => {
    const form = formOf(spec, inputShape, `layers[${index}]`);
    const params = form.params.map(({ name, shape, fanIn }) => {
      const placed = { name: `layers.${index}.${name}`, shape, fanIn, offset, length: sizeOf(shape) };
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

/** The last layer with params: the one that an update rule's `lastLayer` speaks of. */
export function lastWithParams(layers: readonly PlacedLayer[]): PlacedLayer | undefined {
  return layers.findLast(({ params }) => params.length > 0);
}

function formOf(spec: LayerSpec, inputShape: readonly number[], path: string): LayerForm {
  switch (spec.type) {
    case "dense":
      return denseForm(spec, inputShape, path);
    case "conv2d":
      return conv2dForm(spec, inputShape, path);
    case "maxPool2d":
    case "avgPool2d":
      return pool2dForm(spec, inputShape, path);
    case "globalAvgPool2d":
      return globalAvgPool2dForm(inputShape, path);
    case "flatten":
      return flattenForm(inputShape);
    default:
      return spec satisfies never;
  }
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
