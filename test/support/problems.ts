import { createRandom, dense, sequential } from "edgeprop";
import type { Activation, Batch, Loss, ModelSpec } from "edgeprop";
import { describeModel } from "edgeprop/model";

export interface Problem {
  readonly model: ModelSpec;
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
}

/** A random batch for a random network; float32 values, so that float64 starts from the same. */
export function createProblem({ seed, rows, sizes, activation, loss }: ProblemOptions): Problem {
  const [inputs = 1, ...units] = sizes;
  const layers = units.map((count, index) => dense(count, index < units.length - 1 ? { activation } : {}));
  return problemFor(sequential({ input: [inputs] }, layers), { seed, rows, loss });
}

/** A random batch for any network. */
export function problemFor(
  model: ModelSpec,
  { seed, rows, loss }: Pick<ProblemOptions, "seed" | "rows" | "loss">,
): Problem {
  const random = createRandom(seed, "problem");
  const placed = describeModel(model);
  const inputs = placed[0]?.inputSize ?? 1;
  const outputs = placed.at(-1)?.outputSize ?? 1;
  const values = (count: number, from: number, to: number): Float32Array =>
    Float32Array.from({ length: count }, () => from + (to - from) * random.uniform());
  return {
    model,
    loss,
    rows,
    batch: {
      inputs: values(rows * inputs, -1, 1),
      targets:
        loss === "softmaxCrossEntropy"
          ? Int32Array.from({ length: rows }, () => random.below(outputs))
          : values(rows * outputs, 0, 1),
    },
  };
}

/** A batch as the lists of rows that the reference takes. */
export function toRows({ batch, rows }: Problem): { inputs: number[][]; targets: number[][] } {
  const cut = (values: ArrayLike<number>): number[][] => {
    const width = values.length / rows;
    return Array.from({ length: rows }, (_, i) =>
      Array.from({ length: width }, (__, j) => values[i * width + j] ?? 0),
    );
  };
  return { inputs: cut(batch.inputs), targets: cut(batch.targets) };
}
