import type { PlacedLayer } from "../model/index.ts";
import { customLayerOf } from "../training/options/custom-layer.ts";
import type { CustomForward, CustomLayer, CustomLayers } from "../training/options/custom-layer.ts";
import { range } from "./matrix.ts";
import type { Matrix } from "./matrix.ts";

/** The user's own code on float64: it reads and writes values by index, whatever holds them. */

export function customForward(
  layer: PlacedLayer,
  params: ArrayLike<number>,
  input: Matrix,
  customLayers?: CustomLayers,
): Matrix {
  const context = contextOf(layer, params, input);
  codeOf(layer, customLayers).forward(context);
  return toRows(context.outputs, input.length);
}

export function customBackward(
  layer: PlacedLayer,
  params: ArrayLike<number>,
  { input, gradient }: { readonly input: Matrix; readonly gradient: Matrix },
  customLayers?: CustomLayers,
): { readonly inputGradient: Matrix; readonly direction: readonly number[] } {
  const code = codeOf(layer, customLayers);
  const context = contextOf(layer, params, input);
  code.forward(context);
  const inputGradient = doubles(input.flat().map(() => 0));
  const direction = byName(layer, (length) => range(length).map(() => 0));
  code.backward({ ...context, outputGradient: doubles(gradient.flat()), inputGradient, direction });
  return {
    inputGradient: toRows(inputGradient, input.length),
    direction: Object.values(direction).flatMap((values) => [...values]),
  };
}

function codeOf({ spec }: PlacedLayer, customLayers?: CustomLayers): CustomLayer {
  const code = spec.type === "custom" ? customLayerOf(spec.name, customLayers) : null;
  if (code === null) throw new RangeError(`no code of ${JSON.stringify(spec)}`);
  return code;
}

function contextOf(layer: PlacedLayer, params: ArrayLike<number>, input: Matrix): CustomForward {
  return {
    examples: input.length,
    settings: layer.spec.type === "custom" ? layer.spec.settings : {},
    isTraining: true,
    inputs: doubles(input.flat()),
    outputs: doubles(range(input.length * layer.outputSize).map(() => 0)),
    params: byName(layer, (length, offset) => range(length).map((i) => params[offset + i] ?? 0)),
  };
}

function byName(
  { spec, params }: PlacedLayer,
  values: (length: number, offset: number) => readonly number[],
): Record<string, Float32Array> {
  const names = spec.type === "custom" ? spec.params.map(({ name }) => name) : [];
  return Object.fromEntries(
    params.map(({ length, offset }, index) => [names[index] ?? "", doubles(values(length, offset))]),
  );
}

function doubles(values: readonly number[]): Float32Array {
  return Float64Array.from(values) as unknown as Float32Array;
}

function toRows(values: ArrayLike<number>, rows: number): Matrix {
  const width = values.length / rows;
  return range(rows).map((row) => range(width).map((column) => values[row * width + column] ?? 0));
}
