import { describeModel } from "../model/index.ts";
import type { Activation, Loss, ModelSpec, PlacedLayer } from "../model/index.ts";
import type { Optimizer, ProxPropRule, UpdateRule } from "./options.ts";

/*
 * What a step computes, in float64 and plain loops: slow, short, and the oracle that the kernels are held against.
 * A matrix is a list of rows. Letters as everywhere: A = [a_prev, 1], W weights over the bias as its last row,
 * z = A W, a = sigma(z), G = dL/dz, D direction.
 */
type Matrix = readonly (readonly number[])[];

export interface ReferenceBatch {
  /** (rows, inputs) */
  readonly inputs: Matrix;
  /** (rows, 1) class indices, or (rows, outputs) values. */
  readonly targets: Matrix;
}

export interface ReferenceDirection {
  readonly loss: number;
  readonly outputs: Matrix;
  /** Flat, in layout order. */
  readonly direction: number[];
}

export interface ReferenceOptions {
  readonly loss: Loss;
  readonly rule: UpdateRule;
}

export function referenceDirection(
  model: ModelSpec,
  { loss, rule }: ReferenceOptions,
  params: ArrayLike<number>,
  batch: ReferenceBatch,
): ReferenceDirection {
  const layers = describeModel(model);
  const activations: Matrix[] = [batch.inputs];
  for (const layer of layers) activations.push(forward(layer, params, activations.at(-1) ?? []));
  const outputs = activations.at(-1) ?? [];
  const { value, gradient } = lossOf(loss, outputs, batch.targets);

  let direction: number[] = [];
  let outputGradient = gradient;
  for (const layer of layers.toReversed()) {
    const a = withOnes(activations[layer.index] ?? []);
    const g = times(outputGradient, slope(layer.spec.activation, activations[layer.index + 1] ?? []));
    const isExplicit = rule.name === "backprop" || (rule.lastLayer === "explicit" && layer === layers.at(-1));
    const d = isExplicit ? product(transpose(a), g) : proxDirection(rule, a, g);
    direction = [...d.flat(), ...direction];
    outputGradient = product(g, transpose(weightsOf(layer, params).slice(0, -1)));
  }
  return { loss: value, outputs, direction };
}

/** mean: (A^T A / n + I / tau) D = A^T G; sum: without the / n. */
function proxDirection({ tau, reduction }: ProxPropRule, a: Matrix, g: Matrix): Matrix {
  const n = reduction === "mean" ? a.length : 1;
  const gram = product(transpose(a), a).map((row, i) =>
    row.map((value, j) => value / n + (i === j ? 1 / tau : 0)),
  );
  return solve(gram, product(transpose(a), g));
}

export interface ReferenceState {
  readonly params: readonly number[];
  /** Steps taken. */
  readonly steps: number;
  /** velocity; or the two moments. */
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
  const d = direction.map((value, i) => value + weightDecay * (params[i] ?? 0));
  const [first = zeros, second = zeros] = moments;
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
  return { params: params.map((p, i) => p - learningRate * (move[i] ?? 0)), steps: t, moments: [m, v] };
}

/** (in + 1, out): the weights, and the bias as the last row. */
function weightsOf(
  { inputSize, outputSize, params: [weights] }: PlacedLayer,
  params: ArrayLike<number>,
): Matrix {
  const offset = weights?.offset ?? 0;
  return matrix(inputSize + 1, outputSize, (i, j) => params[offset + i * outputSize + j] ?? 0);
}

function forward(layer: PlacedLayer, params: ArrayLike<number>, previous: Matrix): Matrix {
  const z = product(withOnes(previous), weightsOf(layer, params));
  return z.map((row) => row.map((value) => activate(layer.spec.activation, value)));
}

function activate(activation: Activation, z: number): number {
  switch (activation) {
    case "linear":
      return z;
    case "relu":
      return Math.max(0, z);
    case "tanh":
      return Math.tanh(z);
    case "sigmoid":
      return 1 / (1 + Math.exp(-z));
    default:
      return activation satisfies never;
  }
}

/** sigma'(z), from a. */
function slope(activation: Activation, a: Matrix): Matrix {
  const slopes = {
    linear: () => 1,
    relu: (x: number) => (x > 0 ? 1 : 0),
    tanh: (x: number) => 1 - x * x,
    sigmoid: (x: number) => x * (1 - x),
  };
  return a.map((row) => row.map(slopes[activation]));
}

function lossOf(loss: Loss, outputs: Matrix, targets: Matrix): { value: number; gradient: Matrix } {
  const n = outputs.length;
  const rows = outputs.map((row, i) => exampleLoss(loss, row, targets[i] ?? []));
  return {
    value: rows.reduce((sum, { value }) => sum + value, 0) / n,
    gradient: rows.map(({ gradient }) => gradient.map((g) => g / n)),
  };
}

function exampleLoss(
  loss: Loss,
  z: readonly number[],
  targets: readonly number[],
): { value: number; gradient: number[] } {
  const target = (j: number): number => targets[j] ?? 0;
  switch (loss) {
    case "softmaxCrossEntropy": {
      const largest = Math.max(...z);
      const powers = z.map((value) => Math.exp(value - largest));
      const sum = powers.reduce((a, b) => a + b, 0);
      const gradient = powers.map((power, j) => power / sum - (j === target(0) ? 1 : 0));
      return { value: Math.log(sum) + largest - (z[target(0)] ?? 0), gradient };
    }
    case "sigmoidCrossEntropy": {
      const values = z.map((x, j) => Math.max(x, 0) - x * target(j) + Math.log1p(Math.exp(-Math.abs(x))));
      return {
        value: values.reduce((a, b) => a + b, 0),
        gradient: z.map((x, j) => 1 / (1 + Math.exp(-x)) - target(j)),
      };
    }
    case "meanSquaredError": {
      const errors = z.map((x, j) => x - target(j));
      return {
        value: errors.reduce((sum, e) => sum + e * e, 0) / z.length,
        gradient: errors.map((e) => (2 * e) / z.length),
      };
    }
    default:
      return loss satisfies never;
  }
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

function product(a: Matrix, b: Matrix): Matrix {
  const columns = transpose(b);
  return a.map((row) =>
    columns.map((column) => row.reduce((sum, value, k) => sum + value * (column[k] ?? 0), 0)),
  );
}

function times(a: Matrix, b: Matrix): Matrix {
  return a.map((row, i) => row.map((value, j) => value * (b[i]?.[j] ?? 0)));
}

function transpose(a: Matrix): Matrix {
  return matrix(a[0]?.length ?? 0, a.length, (i, j) => a[j]?.[i] ?? 0);
}

function withOnes(a: Matrix): Matrix {
  return a.map((row) => [...row, 1]);
}

function matrix(rows: number, columns: number, at: (row: number, column: number) => number): Matrix {
  return Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (__, j) => at(i, j)));
}
