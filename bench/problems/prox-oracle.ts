import { convGeometry } from "../../src/layers/parts/conv-geometry.ts";
import { backprop, createTrainer } from "../../src/node.ts";
import type { ProxPropRule, RuleSpec } from "../../src/node.ts";
import { trainerOptions } from "../peers/edgeprop.ts";
import type { ProblemLayer, TrainingProblem } from "./problems.ts";

/** Both are the largest over the outputs looked at. */
export interface ProxErrors {
  /** |d - expected| / |expected| */
  readonly difference: number;
  /** What must be below `proxTolerance`: the difference, for "cg" or what is missing where that is less. */
  readonly error: number;
}

/**
 * How far the directions of a rule are from its definition, over some outputs of every layer that takes a prox step:
 * (A^T A / n + I / tau) d = A^T g, solved here in float64 by plain conjugate gradients, to the end for "exact" and for
 * the rule's iterations for "cg". A comes from networks that end before the layer, A^T g from plain backpropagation.
 * Where the system is badly conditioned, iterates of "cg" in float32 fall behind those
 * of float64 (the paper's ConvNet: by a tenth after ten iterations): they count as right too when they bring the value
 * that they minimise, 1/2 d K d - d A^T g, as low as three fifths of the iterations do in float64, and the error is what
 * is missing.
 */
export async function proxErrors(problem: TrainingProblem, rule: ProxPropRule): Promise<ProxErrors> {
  const gradient = await directionOf(problem, backprop());
  const direction = await directionOf(problem, rule);
  const withParams = problem.layers.filter(({ params }) => params.length > 0);
  let largest: ProxErrors = { difference: 0, error: 0 };
  // The last layer takes the plain gradient.
  for (const layer of withParams.slice(0, -1)) {
    const a = await matrixBefore(problem, layer);
    const outputs = layer.outputShape.at(-1) ?? 0;
    for (const column of [0, outputs - 1]) {
      const right = columnOf(layer, gradient, column);
      const scale = rule.reduction === "mean" ? 1 / problem.batchSize : 1;
      const system = { a, right, scale, damping: 1 / rule.tau };
      const expected = solve(system, rule.cgIterations ?? mostIterations);
      const found = columnOf(layer, direction, column);
      const difference = relative(norm(found.map((value, i) => value - (expected[i] ?? 0))), norm(expected));
      const error =
        rule.cgIterations === undefined
          ? difference
          : Math.min(difference, shortfall(system, found, rule.cgIterations));
      largest = {
        difference: Math.max(largest.difference, difference),
        error: Math.max(largest.error, error),
      };
    }
  }
  return largest;
}

/** What float32 gradients, and float32 iterates, leave where condition numbers reach 1e5. */
export const proxTolerance = 1e-2;

async function directionOf(problem: TrainingProblem, rule: RuleSpec): Promise<Float32Array> {
  const trainer = await createTrainer(problem.model, trainerOptions(problem, rule));
  const batch = problem.batches[0];
  if (batch === undefined) throw new RangeError("the problem has no batch");
  return (await trainer.direction({ inputs: batch.inputs, targets: batch.labels })).direction;
}

/** Weights (in, out) and the bias as the last row: one output's values. */
function columnOf(
  { params: [weights, bias] }: ProblemLayer,
  values: Float32Array,
  column: number,
): Float64Array {
  if (weights === undefined || bias === undefined) throw new RangeError("a layer without params");
  const inputs = weights.length / bias.length;
  return Float64Array.from({ length: inputs + 1 }, (_, i) =>
    i < inputs
      ? (values[weights.offset + i * bias.length + column] ?? 0)
      : (values[bias.offset + column] ?? 0),
  );
}

interface RowMatrix {
  readonly rows: number;
  /** A without its column of ones. */
  readonly columns: number;
  readonly values: Float32Array;
}

/** a_prev of the problem's first batch, or its patches. */
async function matrixBefore(problem: TrainingProblem, layer: ProblemLayer): Promise<RowMatrix> {
  const inputs = problem.batches[0]?.inputs ?? new Float32Array(0);
  const values = layer.index === 0 ? inputs : await activationsBefore(problem, layer.index, inputs);
  if (layer.spec.type !== "conv2d") return { rows: problem.batchSize, columns: layer.inputSize, values };
  const { spec } = layer;
  const geometry = convGeometry(spec, { inputShape: layer.inputShape, path: "the layer" });
  const { height, width, channels, outHeight, outWidth, padTop, padLeft } = geometry;
  const patchSize = geometry.kernelArea * channels;
  const rows = problem.batchSize * outHeight * outWidth;
  const patches = new Float32Array(rows * patchSize);
  let at = 0;
  for (let example = 0; example < problem.batchSize; example++) {
    for (let y = 0; y < outHeight; y++) {
      for (let x = 0; x < outWidth; x++) {
        for (let dy = 0; dy < spec.kernelSize; dy++) {
          for (let dx = 0; dx < spec.kernelSize; dx++) {
            const [row, column] = [y * spec.stride + dy - padTop, x * spec.stride + dx - padLeft];
            const isInside = row >= 0 && row < height && column >= 0 && column < width;
            const from = ((example * height + row) * width + column) * channels;
            if (isInside) patches.set(values.subarray(from, from + channels), at);
            at += channels;
          }
        }
      }
    }
  }
  return { rows, columns: patchSize, values: patches };
}

/** The outputs of a network that ends before the layer: a trainer on squared errors predicts values. */
async function activationsBefore(
  problem: TrainingProblem,
  index: number,
  inputs: Float32Array,
): Promise<Float32Array> {
  const model = { ...problem.model, layers: problem.model.layers.slice(0, index) };
  const length = problem.layers[index]?.params[0]?.offset ?? 0;
  const params = problem.params.slice(0, length);
  const options = trainerOptions({ ...problem, params }, backprop());
  const trainer = await createTrainer(model, { ...options, loss: "meanSquaredError" });
  return Float32Array.from(await trainer.predict(inputs));
}

/** A dead unit has a zero direction, and must have that. */
function relative(difference: number, size: number): number {
  return difference === 0 ? 0 : difference / size;
}

const mostIterations = 400;

interface System {
  readonly a: RowMatrix;
  /** A^T g */
  readonly right: Float64Array;
  /** 1 / n for "mean". */
  readonly scale: number;
  readonly damping: number;
}

/** K p = (scale A^T A + damping I) p */
function systemTimes({ a, scale, damping }: System, p: Float64Array): Float64Array {
  return gramTimes(a, p, scale).map((value, i) => value + damping * (p[i] ?? 0));
}

function shortfall(system: System, found: Float64Array, iterations: number): number {
  const late = minimised(system, solve(system, Math.ceil(0.6 * iterations)));
  return Math.max(0, relative(minimised(system, found) - late, Math.abs(late)));
}

function minimised(system: System, d: Float64Array): number {
  return dot(d, systemTimes(system, d)) / 2 - dot(d, system.right);
}

function solve(system: System, iterations: number): Float64Array {
  const { right } = system;
  const x = new Float64Array(right.length);
  const residual = right.slice();
  let search = residual.slice();
  let square = dot(residual, residual);
  const floor = square * 1e-24;
  for (let iteration = 0; iteration < iterations && square > floor; iteration++) {
    const image = systemTimes(system, search);
    const length = square / dot(search, image);
    for (const [i, value] of search.entries()) {
      x[i] = (x[i] ?? 0) + length * value;
      residual[i] = (residual[i] ?? 0) - length * (image[i] ?? 0);
    }
    const next = dot(residual, residual);
    const keep = next / square;
    search = search.map((value, i) => (residual[i] ?? 0) + keep * value);
    square = next;
  }
  return x;
}

/** scale x [A, 1]^T [A, 1] p */
function gramTimes({ rows, columns, values }: RowMatrix, p: Float64Array, scale: number): Float64Array {
  const image = new Float64Array(columns + 1);
  for (let row = 0; row < rows; row++) {
    let sum = p[columns] as number;
    const from = row * columns;
    for (let i = 0; i < columns; i++) sum += (values[from + i] as number) * (p[i] as number);
    sum *= scale;
    for (let i = 0; i < columns; i++) image[i] = (image[i] as number) + (values[from + i] as number) * sum;
    image[columns] = (image[columns] as number) + sum;
  }
  return image;
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (const [i, value] of x.entries()) sum += value * (y[i] ?? 0);
  return sum;
}

function norm(x: Float64Array): number {
  return Math.sqrt(dot(x, x));
}
