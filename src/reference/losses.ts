import type { BoundLoss } from "../kinds/loss-type.ts";
import type {
  HuberLoss,
  LossName,
  MeanSquaredErrorLoss,
  SigmoidCrossEntropyLoss,
  SoftmaxCrossEntropyLoss,
} from "../losses/index.ts";
import type { Matrix } from "./matrix.ts";

/* The losses in float64. */

export interface ReferenceTargets {
  /** (rows, 1) class indices, or (rows, outputs) values. */
  readonly targets: Matrix;
  /** (rows); default 1 each. */
  readonly weights?: readonly number[];
  /** (outputs); default 1 each. */
  readonly classWeights?: readonly number[] | undefined;
}

/**
 * sum_i w_i l_i / sum_i w_i, and its gradient with respect to the outputs; without any weight 0 and zeros.
 *
 * @example
 * ```ts
 * const squared = { type: meanSquaredErrorLoss, spec: meanSquaredError() };
 * console.log(lossOf(squared, [[1, 3]], { targets: [[1, 1]] }).value); // 2
 * ```
 */
export function lossOf(
  { type, spec }: BoundLoss,
  outputs: Matrix,
  { targets, weights, classWeights }: ReferenceTargets,
): { value: number; gradient: Matrix } {
  const hasIndices = type.targets(spec) === "indices";
  const known: Readonly<Record<string, ExampleLoss<never>>> = exampleLosses;
  const formula = known[spec.name];
  const rows = outputs.map((z, i) => {
    const classWeight = hasIndices ? (classWeights?.[targets[i]?.[0] ?? 0] ?? 1) : 1;
    const weight = weights?.[i] ?? 1;
    return formula === undefined
      ? { weight, classWeight, ...scaled(ownFormula({ type, spec }, z, targets[i] ?? []), classWeight) }
      : { weight, classWeight, ...formula(spec as never, z, { targets: targets[i] ?? [], classWeights }) };
  });
  const weightSum = rows.reduce((sum, { weight, classWeight }) => sum + weight * classWeight, 0);
  const inverse = weightSum > 0 ? 1 / weightSum : 0;
  return {
    value: rows.reduce((sum, { weight, value }) => sum + weight * value, 0) * inverse,
    gradient: rows.map(({ weight, gradient }) => gradient.map((g) => g * weight * inverse)),
  };
}

interface ExampleTargets {
  readonly targets: readonly number[];
  readonly classWeights?: readonly number[] | undefined;
}

interface LossAndGradient {
  readonly value: number;
  readonly gradient: readonly number[];
}

type ExampleLoss<S> = (spec: S, z: readonly number[], targets: ExampleTargets) => LossAndGradient;

/** The formula that a loss of a user's own brings. */
function ownFormula(
  { type, spec }: BoundLoss,
  z: readonly number[],
  targets: readonly number[],
): LossAndGradient {
  if (type.formula === undefined) throw new RangeError(`no formula of the loss "${spec.name}"`);
  return type.formula(spec, z, targets);
}

const exampleLosses: {
  readonly [Name in LossName]: ExampleLoss<
    Extract<
      SoftmaxCrossEntropyLoss | SigmoidCrossEntropyLoss | MeanSquaredErrorLoss | HuberLoss,
      { readonly name: Name }
    >
  >;
} = {
  softmaxCrossEntropy(loss, z, { targets, classWeights }) {
    const smooth = (value: number): number =>
      (1 - loss.labelSmoothing) * value + loss.labelSmoothing / z.length;
    const t =
      loss.targets === "probabilities"
        ? z.map((_, j) => smooth(targets[j] ?? 0))
        : z.map((_, j) => (classWeights?.[j] ?? 1) * smooth(j === targets[0] ? 1 : 0));
    const largest = Math.max(...z);
    const powers = z.map((value) => Math.exp(value - largest));
    const sum = sumOf(powers);
    return {
      value: sumOf(z.map((value, j) => (t[j] ?? 0) * (Math.log(sum) + largest - value))),
      gradient: powers.map((power, j) => (power / sum) * sumOf(t) - (t[j] ?? 0)),
    };
  },

  sigmoidCrossEntropy(_, z, { targets }) {
    const values = z.map(
      (x, j) => Math.max(x, 0) - x * (targets[j] ?? 0) + Math.log1p(Math.exp(-Math.abs(x))),
    );
    return { value: sumOf(values), gradient: z.map((x, j) => 1 / (1 + Math.exp(-x)) - (targets[j] ?? 0)) };
  },

  meanSquaredError(_, z, { targets }) {
    const errors = z.map((x, j) => x - (targets[j] ?? 0));
    return {
      value: sumOf(errors.map((e) => e * e)) / z.length,
      gradient: errors.map((e) => (2 * e) / z.length),
    };
  },

  huber({ delta }, z, { targets }) {
    const errors = z.map((x, j) => x - (targets[j] ?? 0));
    const values = errors.map((e) =>
      Math.abs(e) <= delta ? (e * e) / 2 : delta * (Math.abs(e) - delta / 2),
    );
    return {
      value: sumOf(values) / z.length,
      gradient: errors.map((e) => (Math.abs(e) <= delta ? e : delta * Math.sign(e)) / z.length),
    };
  },
};

function sumOf(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

function scaled({ value, gradient }: LossAndGradient, factor: number): LossAndGradient {
  return { value: factor * value, gradient: gradient.map((g) => factor * g) };
}
