import { completeLoss } from "../model/index.ts";
import type { Loss, LossSpec } from "../model/index.ts";
import type { Matrix } from "./matrix.ts";

/*
 * The losses of the plain-loop reference, in float64.
 */

export interface ReferenceTargets {
  /** (rows, 1) class indices, or (rows, outputs) values. */
  readonly targets: Matrix;
  /** (rows); default 1 each. */
  readonly weights?: readonly number[];
  /** (outputs); default 1 each. */
  readonly classWeights?: readonly number[] | undefined;
}

/** sum_i w_i l_i / sum_i w_i, and its gradient with respect to the outputs; of nothing with weight 0 and zeros. */
export function lossOf(
  loss: Loss,
  outputs: Matrix,
  { targets, weights, classWeights }: ReferenceTargets,
): { value: number; gradient: Matrix } {
  const spec = completeLoss(loss);
  const hasIndices = spec.name === "softmaxCrossEntropy" && spec.targets === "indices";
  const rows = outputs.map((z, i) => ({
    weight: weights?.[i] ?? 1,
    classWeight: hasIndices ? (classWeights?.[targets[i]?.[0] ?? 0] ?? 1) : 1,
    ...exampleLoss(spec, z, { targets: targets[i] ?? [], classWeights }),
  }));
  const weightSum = rows.reduce((sum, { weight, classWeight }) => sum + weight * classWeight, 0);
  const inverse = weightSum > 0 ? 1 / weightSum : 0;
  return {
    value: rows.reduce((sum, { weight, value }) => sum + weight * value, 0) * inverse,
    gradient: rows.map(({ weight, gradient }) => gradient.map((g) => g * weight * inverse)),
  };
}

function exampleLoss(
  loss: LossSpec,
  z: readonly number[],
  {
    targets,
    classWeights,
  }: { readonly targets: readonly number[]; readonly classWeights?: readonly number[] | undefined },
): { value: number; gradient: number[] } {
  const target = (j: number): number => targets[j] ?? 0;
  const sumOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  switch (loss.name) {
    case "softmaxCrossEntropy": {
      const smooth = (value: number): number =>
        (1 - loss.labelSmoothing) * value + loss.labelSmoothing / z.length;
      const t =
        loss.targets === "probabilities"
          ? z.map((_, j) => smooth(target(j)))
          : z.map((_, j) => (classWeights?.[j] ?? 1) * smooth(j === target(0) ? 1 : 0));
      const largest = Math.max(...z);
      const powers = z.map((value) => Math.exp(value - largest));
      const sum = sumOf(powers);
      return {
        value: sumOf(z.map((value, j) => (t[j] ?? 0) * (Math.log(sum) + largest - value))),
        gradient: powers.map((power, j) => (power / sum) * sumOf(t) - (t[j] ?? 0)),
      };
    }
    case "sigmoidCrossEntropy": {
      const values = z.map((x, j) => Math.max(x, 0) - x * target(j) + Math.log1p(Math.exp(-Math.abs(x))));
      return { value: sumOf(values), gradient: z.map((x, j) => 1 / (1 + Math.exp(-x)) - target(j)) };
    }
    case "meanSquaredError": {
      const errors = z.map((x, j) => x - target(j));
      return {
        value: sumOf(errors.map((e) => e * e)) / z.length,
        gradient: errors.map((e) => (2 * e) / z.length),
      };
    }
    case "huber": {
      const { delta } = loss;
      const errors = z.map((x, j) => x - target(j));
      const values = errors.map((e) =>
        Math.abs(e) <= delta ? (e * e) / 2 : delta * (Math.abs(e) - delta / 2),
      );
      return {
        value: sumOf(values) / z.length,
        gradient: errors.map((e) => (Math.abs(e) <= delta ? e : delta * Math.sign(e)) / z.length),
      };
    }
    default:
      return loss satisfies never;
  }
}
