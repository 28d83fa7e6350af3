import type { LayerMatrix, RuleSpec, RuleType } from "edgeprop";

export interface FoofSpec extends RuleSpec {
  readonly name: "foof";
  /** What a step leaves of the running average. */
  readonly decay: number;
  readonly damping: number;
}

/**
 * FOOF (Benzing 2022, "Gradient descent on neurons"): D = (M + damping I)^-1 A^T G with A = [a_prev, 1] and
 * M = decay M + (1 - decay) A^T A / n, n being the rows of A. Layers without such an A follow the plain gradient.
 */
export const foof: RuleType<FoofSpec> = {
  name: "foof",

  parse(fields) {
    fields.allowOnly(["name", "decay", "damping"]);
    return {
      name: "foof",
      decay: fields.number("decay", { from: 0, below: 1, byDefault: 0.9 }),
      damping: fields.number("damping", { above: 0, byDefault: 0.1 }),
    };
  },

  state: (_, { matrix }) =>
    hasInputs(matrix) ? [{ name: "average", length: (matrix.inputs + 1) ** 2 }] : [],

  direction({ decay, damping }, layer) {
    const { matrix } = layer;
    if (!hasInputs(matrix)) return layer.gradient();
    return [
      ...layer.gradient(),
      () => {
        const { direction, inputs, state } = layer.values();
        const { average } = state;
        if (average === undefined) throw new Error("foof has no running average");
        moveAverage(average, inputs, decay);
        solve(average, direction, { size: matrix.inputs + 1, damping });
      },
    ];
  },
};

/** Whether the layer's inputs are A without its ones: not so for patches. */
function hasInputs(matrix: LayerMatrix | null): matrix is LayerMatrix {
  return matrix !== null && matrix.patchBytes === 0;
}

/** average, (in + 1, in + 1), moves towards A^T A / n; inputs are (n, in). */
function moveAverage(average: Float32Array, inputs: Float32Array, decay: number): void {
  const size = Math.sqrt(average.length);
  const width = size - 1;
  const rows = inputs.length / width;
  const a = (row: number, i: number): number => (i < width ? (inputs[row * width + i] ?? 0) : 1);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      let sum = 0;
      for (let row = 0; row < rows; row++) sum += a(row, i) * a(row, j);
      const at = i * size + j;
      average[at] = decay * (average[at] ?? 0) + ((1 - decay) * sum) / rows;
    }
  }
}

/** Writes (average + damping I)^-1 B over B, (size, columns), by the Cholesky factors L L^T, in float64. */
function solve(
  average: Float32Array,
  b: Float32Array,
  { size, damping }: { readonly size: number; readonly damping: number },
): void {
  const l = Float64Array.from(average);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = (l[i * size + j] ?? 0) + (i === j ? damping : 0);
      for (let k = 0; k < j; k++) sum -= (l[i * size + k] ?? 0) * (l[j * size + k] ?? 0);
      l[i * size + j] = i === j ? Math.sqrt(sum) : sum / (l[j * size + j] ?? 1);
    }
  }
  const columns = b.length / size;
  for (let column = 0; column < columns; column++) {
    const x = Float64Array.from({ length: size }, (_, i) => b[i * columns + column] ?? 0);
    for (let i = 0; i < size; i++) {
      for (let k = 0; k < i; k++) x[i] = (x[i] ?? 0) - (l[i * size + k] ?? 0) * (x[k] ?? 0);
      x[i] = (x[i] ?? 0) / (l[i * size + i] ?? 1);
    }
    for (let i = size - 1; i >= 0; i--) {
      for (let k = i + 1; k < size; k++) x[i] = (x[i] ?? 0) - (l[k * size + i] ?? 0) * (x[k] ?? 0);
      x[i] = (x[i] ?? 0) / (l[i * size + i] ?? 1);
    }
    for (const [i, value] of x.entries()) b[i * columns + column] = value;
  }
}
