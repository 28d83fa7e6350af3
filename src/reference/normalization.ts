import type { BatchNormSpec, LayerNormSpec } from "../layers/index.ts";
import { range } from "./matrix.ts";
import type { Matrix } from "./matrix.ts";
import type { ExplicitStep, LayerPass } from "./pass.ts";

/** A layer that normalises: its output, and what it makes of the gradient of it. */
interface Normalization {
  readonly output: Matrix;
  readonly backward: (gradient: Matrix) => ExplicitStep;
}

/** Values that share a mean and a variance, as the places of a flat batch. */
type Groups = readonly (readonly number[])[];

export function batchNorm(pass: LayerPass): Normalization {
  const { layer, params, input, training } = pass;
  const channels = layer.inputShape.at(-1) ?? 1;
  const rows = (input.length * layer.inputSize) / channels;
  const groups = range(channels).map((channel) => range(rows).map((row) => row * channels + channel));
  if (training.trainable?.includes(layer.index) !== false) return normalize(pass, groups, null);
  const kept = (param: number) =>
    range(channels).map((channel) => params[(layer.params[param]?.offset ?? 0) + channel] ?? 0);
  return normalize(pass, groups, { means: kept(2), variances: kept(3) });
}

export function layerNorm(pass: LayerPass): Normalization {
  const { layer, input } = pass;
  const columns = layer.inputShape.at(-1) ?? 1;
  const rows = (input.length * layer.inputSize) / columns;
  return normalize(
    pass,
    range(rows).map((row) => range(columns).map((column) => row * columns + column)),
    null,
  );
}

/** With moments of its own where none are given: only then does the gradient flow through them. */
function normalize(
  { layer, params, input }: LayerPass,
  groups: Groups,
  moments: { readonly means: readonly number[]; readonly variances: readonly number[] } | null,
): Normalization {
  const channels = layer.inputShape.at(-1) ?? 1;
  const { epsilon } = layer.spec as LayerNormSpec | BatchNormSpec;
  const param = (index: number, channel: number) => params[(layer.params[index]?.offset ?? 0) + channel] ?? 0;
  const x = input.flat();
  const xHat = x.map(() => 0);
  const inverses = groups.map((places, group) => {
    const own = momentsOf(places.map((place) => x[place] ?? 0));
    const [mean, variance] = [moments?.means[group] ?? own.mean, moments?.variances[group] ?? own.variance];
    const inverse = 1 / Math.sqrt(variance + epsilon);
    for (const place of places) xHat[place] = ((x[place] ?? 0) - mean) * inverse;
    return inverse;
  });
  return {
    output: toRows(xHat.map((value, i) => param(0, i % channels) * value + param(1, i % channels))),
    backward(gradient) {
      const g = gradient.flat();
      const sums = (values: readonly number[]) =>
        range(channels).map((channel) =>
          values.reduce((sum, value, i) => sum + (i % channels === channel ? value : 0), 0),
        );
      const h = g.map((value, i) => value * param(0, i % channels));
      const passed = h.map(() => 0);
      for (const [group, places] of groups.entries()) {
        const n = places.length;
        const mean = places.reduce((sum, place) => sum + (h[place] ?? 0), 0) / n;
        const along = places.reduce((sum, place) => sum + (h[place] ?? 0) * (xHat[place] ?? 0), 0) / n;
        for (const place of places) {
          const through = moments === null ? mean + (xHat[place] ?? 0) * along : 0;
          passed[place] = ((h[place] ?? 0) - through) * (inverses[group] ?? 0);
        }
      }
      const gammaAndBeta = [...sums(g.map((value, i) => value * (xHat[i] ?? 0))), ...sums(g)];
      const kept = layer.params.slice(2).flatMap(({ length }) => range(length).map(() => 0));
      return { inputGradient: toRows(passed), direction: [...gammaAndBeta, ...kept] };
    },
  };

  function toRows(values: readonly number[]): Matrix {
    const width = layer.inputSize;
    return range(input.length).map((row) => values.slice(row * width, (row + 1) * width));
  }
}

function momentsOf(values: readonly number[]): { readonly mean: number; readonly variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length };
}
