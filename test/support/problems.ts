import { createRandom, dense, sequential, toModel } from "edgeprop";
import type { Activation, Batch, BoundLoss, Loss, Model, ModelSpec } from "edgeprop";
import type { ReferenceBatch } from "../../src/reference/index.ts";
import { boundLoss } from "./model.ts";

export interface Problem {
  readonly model: Model;
  readonly loss: Loss;
  readonly batch: Batch & { readonly inputs: Float32Array };
  readonly rows: number;
}

export interface ProblemOptions {
  readonly seed: number;
  readonly rows: number;
  /** Input size, then the units of each layer. */
  readonly sizes: readonly number[];
  readonly activation: Activation;
  readonly loss: Loss;
  /** Default false: every example counts 1. */
  readonly isWeighted?: boolean;
}

/** A random batch for a random network; float32 values, so that float64 starts from the same. */
export function createProblem({ sizes, activation, ...options }: ProblemOptions): Problem {
  const [inputs = 1, ...units] = sizes;
  const layers = units.map((count, index) => dense(count, index < units.length - 1 ? { activation } : {}));
  return problemFor(sequential({ input: [inputs] }, layers), options);
}

/** A random batch for any network. */
export function problemFor(
  spec: ModelSpec,
  { seed, rows, loss, isWeighted = false }: Omit<ProblemOptions, "sizes" | "activation">,
): Problem {
  const random = createRandom(seed, "problem");
  const model = toModel(spec);
  const { inputSize: inputs, outputSize: outputs } = model;
  const bound = boundLoss(loss, model.sets);
  const values = (count: number, from: number, to: number): Float32Array =>
    Float32Array.from({ length: count }, () => from + (to - from) * random.uniform());
  return {
    model,
    loss,
    rows,
    batch: {
      inputs: values(rows * inputs, -1, 1),
      targets:
        bound.type.targets(bound.spec) === "indices"
          ? Int32Array.from({ length: rows }, () => random.below(outputs))
          : toTargets(bound, values(rows * outputs, 0, 1), outputs),
      // The first example counts for something, others may not.
      ...(isWeighted ? { weights: values(rows, -0.5, 2).map((w, i) => Math.max(i === 0 ? 0.5 : 0, w)) } : {}),
    },
  };
}

/** Values in [0, 1] as they are, or, for classes, as rows that sum to one. */
function toTargets({ type }: BoundLoss, values: Float32Array, width: number): Float32Array {
  if (type.outputs !== "classes") return values;
  return values.map((value, i) => {
    const begin = i - (i % width);
    return value / values.subarray(begin, begin + width).reduce((sum, each) => sum + each, 0);
  });
}

/** A batch as the lists of rows that the reference takes. */
export function toRows({ batch, rows }: Problem): ReferenceBatch {
  const cut = (values: ArrayLike<number>): number[][] => {
    const width = values.length / rows;
    return Array.from({ length: rows }, (_, i) =>
      Array.from({ length: width }, (__, j) => values[i * width + j] ?? 0),
    );
  };
  const labelled = { inputs: cut(batch.inputs), targets: cut(batch.targets) };
  return batch.weights === undefined ? labelled : { ...labelled, weights: [...batch.weights] };
}
