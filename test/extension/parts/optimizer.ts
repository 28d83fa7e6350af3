import type { OptimizerPart, OptimizerSpec, OptimizerType } from "edgeprop";

export interface AdamaxSpec extends OptimizerSpec {
  readonly name: "adamax";
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

const rate = { from: 0, below: 1 } as const;

/**
 * Adamax (Kingma & Ba 2015, algorithm 2) without the correction of the first steps: m = beta1 m + (1 - beta1) d,
 * u = max(beta2 u, |d|), params -= learningRate m / (u + epsilon).
 */
export const adamax: OptimizerType<AdamaxSpec> = {
  name: "adamax",

  parse(fields) {
    fields.allowOnly(["name", "learningRate", "beta1", "beta2", "epsilon"]);
    return {
      name: "adamax",
      learningRate: fields.number("learningRate", { above: 0, byDefault: 0.01 }),
      beta1: fields.number("beta1", { ...rate, byDefault: 0.9 }),
      beta2: fields.number("beta2", { ...rate, byDefault: 0.999 }),
      epsilon: fields.number("epsilon", { above: 0, byDefault: 1e-6 }),
    };
  },

  state: () => ["mean", "largest"],

  call: (spec, part) => (_, learningRate) => {
    let areFinite = true;
    for (let row = 0; row < part.rows; row++)
      areFinite = moveRow(spec, part, { row, learningRate }) && areFinite;
    return areFinite;
  },

  bound({ beta1, beta2, epsilon }, { params, state: [mean = 0, largest = 0] }, { direction, learningRate }) {
    const nextMean = beta1 * mean + (1 - beta1) * direction;
    const step = nextMean / epsilon;
    return {
      params: params + learningRate * step,
      state: [nextMean, Math.max(beta2 * largest, direction)],
      largest: step,
    };
  },
};

/** False where a param is not finite any more. */
function moveRow(
  { beta1, beta2, epsilon }: AdamaxSpec,
  part: OptimizerPart,
  { row, learningRate }: { readonly row: number; readonly learningRate: number },
): boolean {
  const { columns, stride } = part;
  const [mean = 0, largest = 0] = part.state;
  const place = (start: number) => part.view(start + 4 * row * stride, columns);
  const [params, m, u] = [place(part.params), place(mean), place(largest)];
  const direction = part.view(part.direction + 4 * row * columns, columns);
  let areFinite = true;
  for (const [i, d] of direction.entries()) {
    m[i] = beta1 * (m[i] ?? 0) + (1 - beta1) * d;
    u[i] = Math.max(beta2 * (u[i] ?? 0), Math.abs(d));
    params[i] = (params[i] ?? 0) - (learningRate * (m[i] ?? 0)) / ((u[i] ?? 0) + epsilon);
    if (!Number.isFinite(params[i])) areFinite = false;
  }
  return areFinite;
}
