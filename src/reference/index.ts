import { describeModel, lastLinear } from "../model/index.ts";
import type { Activation, Loss, ModelSpec, PlacedLayer, ProxPropRule, RuleSpec } from "../model/index.ts";
import type { Optimizer } from "../training/options/types.ts";
import { activate, slope } from "./activations.ts";
import { explicitBackward, explicitForward } from "./explicit-layers.ts";
import type { ExplicitStep, ReferenceTraining } from "./explicit-layers.ts";
import { linearPass } from "./linear-layers.ts";
import { lossOf } from "./losses.ts";
import { product, times, transpose } from "./matrix.ts";
import type { Matrix } from "./matrix.ts";
import { ruleOf } from "../training/options/update-rules.ts";

/*
 * What a step computes, in float64 and plain loops: slow, short, and the oracle that the kernels are held against.
 * A matrix is a list of rows. Letters as everywhere: A = [a_prev, 1], for a convolution [patches, 1], W weights over
 * the bias as its last row, z = A W, a = sigma(z), G = dL/dz, D direction.
 */

export interface ReferenceBatch {
  /** (rows, inputs) */
  readonly inputs: Matrix;
  /** (rows, 1) class indices, or (rows, outputs) values. */
  readonly targets: Matrix;
  /** (rows); default 1 each. */
  readonly weights?: readonly number[];
}

export interface ReferenceDirection {
  readonly loss: number;
  readonly outputs: Matrix;
  /** Flat, in layout order. */
  readonly direction: number[];
}

export interface ReferenceOptions extends ReferenceTraining {
  readonly loss: Loss;
  readonly rule: RuleSpec;
  readonly classWeights?: readonly number[];
}

export function referenceDirection(
  model: ModelSpec,
  { loss, rule, classWeights, ...training }: ReferenceOptions,
  params: ArrayLike<number>,
  batch: ReferenceBatch,
): ReferenceDirection {
  const layers = describeModel(model);
  /** What each layer is given, then the last one's outputs; and the way back through each. */
  const values: Matrix[] = [batch.inputs];
  const backwards: ((gradient: Matrix) => ExplicitStep)[] = [];
  for (const layer of layers) {
    const input = values.at(-1) ?? [];
    const activation = activationOf(layer);
    if (activation === null) {
      const pass = { layer, params, input, training };
      values.push(explicitForward(pass));
      backwards.push((gradient) => explicitBackward(pass, gradient));
      continue;
    }
    const { z, backward } = linearPass(layer, params, input);
    const own = ruleOf(layer, { rule, isLast: layer === lastLinear(layers) });
    values.push(z.map((row) => row.map((value) => activate(activation, value))));
    backwards.push((gradient) => {
      const slopes = z.map((row) => row.map((value) => slope(activation, value)));
      return backward(times(gradient, slopes), (a, g) =>
        own.name === "backprop" ? product(transpose(a), g) : proxDirection(own, a, g, input.length),
      );
    });
  }
  const outputs = values.at(-1) ?? [];
  const { value, gradient } = lossOf(loss, outputs, { ...batch, classWeights });

  let direction: number[] = [];
  let outputGradient = gradient;
  for (const backward of backwards.toReversed()) {
    const step = backward(outputGradient);
    direction = [...step.direction, ...direction];
    outputGradient = step.inputGradient;
  }
  return { loss: value, outputs, direction };
}

/** mean: (A^T A / n + I / tau) D = A^T G, over n examples; sum: without the / n. */
function proxDirection(rule: ProxPropRule, a: Matrix, g: Matrix, examples: number): Matrix {
  const { tau, reduction } = rule;
  const n = reduction === "mean" ? examples : 1;
  const gram = product(transpose(a), a).map((row, i) =>
    row.map((value, j) => value / n + (i === j ? 1 / tau : 0)),
  );
  const right = product(transpose(a), g);
  if (rule.proxSolver === "exact") return solve(gram, right);
  return transpose(
    transpose(right).map((column) => conjugateGradients(gram, column, rule.cgIterations ?? 1)),
  );
}

/** x of so many iterations on K x = r, from 0. */
function conjugateGradients(k: Matrix, right: readonly number[], iterations: number): number[] {
  let x = right.map(() => 0);
  let r = [...right];
  let p = r;
  let square = dot(r, r);
  const floor = square * 2 ** -84;
  for (let i = 0; i < iterations && square > floor; i++) {
    const image = k.map((row) => dot(row, p));
    const length = square / dot(p, image);
    x = x.map((value, j) => value + length * (p[j] ?? 0));
    r = r.map((value, j) => value - length * (image[j] ?? 0));
    const next = dot(r, r);
    p = r.map((value, j) => value + (next / square) * (p[j] ?? 0));
    square = next;
  }
  return x;
}

function dot(x: readonly number[], y: readonly number[]): number {
  return x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
}

export interface ReferenceState {
  readonly params: readonly number[];
  /** Steps taken. */
  readonly steps: number;
  /** velocity; the two moments; or the squares. */
  readonly moments: readonly (readonly number[])[];
}

/** PyTorch's formulas; the direction takes the place of the gradient. */
export function referenceUpdate(
  optimizer: Optimizer,
  { params, steps, moments }: ReferenceState,
  direction: readonly number[],
): ReferenceState {
  const zeros = params.map(() => 0);
  const { learningRate, weightDecay } = optimizer;
  const isDecoupled = optimizer.name === "adamw";
  const start = isDecoupled ? params.map((p) => p * (1 - learningRate * weightDecay)) : params;
  const d = direction.map((value, i) => value + (isDecoupled ? 0 : weightDecay * (params[i] ?? 0)));
  const [first = zeros, second = zeros] = moments;
  if (optimizer.name === "rmsprop" || optimizer.name === "adagrad") {
    const [keep, take] = optimizer.name === "rmsprop" ? [optimizer.decay, 1 - optimizer.decay] : [1, 1];
    const squares = d.map((value, i) => keep * (first[i] ?? 0) + take * value ** 2);
    const move = d.map((value, i) => value / (Math.sqrt(squares[i] ?? 0) + optimizer.epsilon));
    return {
      params: params.map((p, i) => p - learningRate * (move[i] ?? 0)),
      steps: steps + 1,
      moments: [squares],
    };
  }
  if (optimizer.name === "sgd") {
    const velocity = d.map((value, i) => optimizer.momentum * (first[i] ?? 0) + value);
    const move = optimizer.nesterov
      ? d.map((value, i) => value + optimizer.momentum * (velocity[i] ?? 0))
      : velocity;
    return {
      params: params.map((p, i) => p - learningRate * (move[i] ?? 0)),
      steps: steps + 1,
      moments: [velocity],
    };
  }
  const { beta1, beta2, epsilon } = optimizer;
  const m = d.map((value, i) => beta1 * (first[i] ?? 0) + (1 - beta1) * value);
  const v = d.map((value, i) => beta2 * (second[i] ?? 0) + (1 - beta2) * value ** 2);
  const t = steps + 1;
  const move = m.map(
    (value, i) => value / (1 - beta1 ** t) / (Math.sqrt((v[i] ?? 0) / (1 - beta2 ** t)) + epsilon),
  );
  return { params: start.map((p, i) => p - learningRate * (move[i] ?? 0)), steps: t, moments: [m, v] };
}

/** null for a layer whose params are not linear in its input, or that has none. */
function activationOf({ spec }: PlacedLayer): Activation | null {
  return "activation" in spec ? spec.activation : null;
}

/** X with K X = R, for a symmetric positive definite K: elimination needs no pivoting. */
function solve(k: Matrix, r: Matrix): Matrix {
  const rows = k.map((row, i) => [...row, ...(r[i] ?? [])]);
  const n = rows.length;
  for (const [i, pivotRow] of rows.entries()) {
    for (const row of rows.slice(i + 1)) subtractMultiple(row, pivotRow, (row[i] ?? 0) / (pivotRow[i] ?? 0));
  }
  for (const [i, pivotRow] of [...rows.entries()].toReversed()) {
    for (const row of rows.slice(0, i)) subtractMultiple(row, pivotRow, (row[i] ?? 0) / (pivotRow[i] ?? 0));
    const pivot = pivotRow[i] ?? 0;
    for (let j = 0; j < pivotRow.length; j++) pivotRow[j] = (pivotRow[j] ?? 0) / pivot;
  }
  return rows.map((row) => row.slice(n));
}

function subtractMultiple(row: number[], other: readonly number[], factor: number): void {
  for (let j = 0; j < row.length; j++) row[j] = (row[j] ?? 0) - factor * (other[j] ?? 0);
}
