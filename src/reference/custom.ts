import type { CustomLayerType, LayerForward } from "../layers/index.ts";
import type { PlacedLayer } from "../kinds/layer-type.ts";
import { range } from "./matrix.ts";
import type { Matrix } from "./matrix.ts";
import type { LayerPass, ReferenceLayer } from "./pass.ts";

/** The user's own code on float64: it reads and writes values by index, whatever holds them. */
export const customReference: ReferenceLayer = {
  forward(pass) {
    const context = contextOf(pass);
    codeOf(pass.layer).forward(context);
    return toRows(context.outputs, pass.input.length);
  },

  backward(pass, gradient) {
    const { layer, input } = pass;
    const code = codeOf(layer);
    const context = contextOf(pass);
    code.forward(context);
    const inputGradient = doubles(input.flat().map(() => 0));
    const direction = byName(layer, (length) => range(length).map(() => 0));
    code.backward({ ...context, outputGradient: doubles(gradient.flat()), inputGradient, direction });
    return {
      inputGradient: toRows(inputGradient, input.length),
      direction: Object.values(direction).flatMap((values) => [...values]),
    };
  },
};

function codeOf({ type }: PlacedLayer): CustomLayerType["code"] {
  if (!("code" in type)) throw new RangeError(`the reference has no code of the layer "${type.type}"`);
  return (type as CustomLayerType).code;
}

function contextOf({ layer, params, input }: LayerPass): LayerForward {
  return {
    examples: input.length,
    spec: layer.spec,
    isTraining: true,
    inputs: doubles(input.flat()),
    outputs: doubles(range(input.length * layer.outputSize).map(() => 0)),
    params: byName(layer, (length, offset) => range(length).map((i) => params[offset + i] ?? 0)),
  };
}

function byName(
  { params }: PlacedLayer,
  values: (length: number, offset: number) => readonly number[],
): Record<string, Float32Array> {
  return Object.fromEntries(
    params.map(({ ownName, length, offset }) => [ownName, doubles(values(length, offset))]),
  );
}

function doubles(values: readonly number[]): Float32Array {
  return Float64Array.from(values) as unknown as Float32Array;
}

function toRows(values: ArrayLike<number>, rows: number): Matrix {
  const width = values.length / rows;
  return range(rows).map((row) => range(width).map((column) => values[row * width + column] ?? 0));
}
