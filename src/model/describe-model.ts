import { denseForm } from "./layers/dense.ts";
import type { LayerForm } from "./layers/layer.ts";
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

function formOf(spec: LayerSpec, inputShape: readonly number[], path: string): LayerForm {
  switch (spec.type) {
    case "dense":
      return denseForm(spec, inputShape, path);
    default:
      return spec.type satisfies never;
  }
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
