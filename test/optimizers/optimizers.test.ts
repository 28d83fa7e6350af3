import { allSets } from "edgeprop";
import type { OptimizerSpec, OptimizerType } from "edgeprop";
import { describe } from "vitest";
import type { ReferenceState } from "../../src/reference/index.ts";
import { describeOptimizers } from "../suites/kinds/optimizers.ts";
import { optimizerSpecs } from "../support/specs.ts";

describeOptimizers(allSets.optimizers, optimizerSpecs);

/** Lion (Chen et al. 2023): params -= learningRate sign(beta1 m + (1 - beta1) d); m = beta2 m + (1 - beta2) d. */
interface LionSpec extends OptimizerSpec {
  readonly name: "lion";
  readonly beta1: number;
  readonly beta2: number;
}

/** A user's own, in JavaScript alone, and without a bound. */
const lion: OptimizerType<LionSpec> = {
  name: "lion",
  parse(fields) {
    fields.allowOnly(["name", "learningRate", "beta1", "beta2"]);
    return {
      name: "lion",
      learningRate: fields.number("learningRate", { above: 0 }),
      beta1: fields.number("beta1", { from: 0, below: 1, byDefault: 0.9 }),
      beta2: fields.number("beta2", { from: 0, below: 1, byDefault: 0.99 }),
    };
  },
  state: () => ["momentum"],
  call({ beta1, beta2 }, part) {
    const {
      rows,
      columns,
      stride,
      direction,
      params,
      state: [momentum = 0],
    } = part;
    return (_, learningRate) => {
      const d = part.view(direction, rows * columns);
      let areFinite = true;
      for (let row = 0; row < rows; row++) {
        const [p, m] = [
          part.view(params + 4 * row * stride, columns),
          part.view(momentum + 4 * row * stride, columns),
        ];
        for (let i = 0; i < columns; i++) {
          const [di, mi] = [d[row * columns + i] ?? 0, m[i] ?? 0];
          p[i] = (p[i] ?? 0) - learningRate * Math.sign(beta1 * mi + (1 - beta1) * di);
          m[i] = beta2 * mi + (1 - beta2) * di;
          if (!Number.isFinite(p[i])) areFinite = false;
        }
      }
      return areFinite;
    };
  },
};

function updateOfLion(
  { learningRate, beta1, beta2 }: LionSpec,
  { params, steps, moments: [moment = params.map(() => 0)] }: ReferenceState,
  direction: readonly number[],
): ReferenceState {
  const d = (i: number): number => direction[i] ?? 0;
  return {
    params: params.map((p, i) => p - learningRate * Math.sign(beta1 * (moment[i] ?? 0) + (1 - beta1) * d(i))),
    steps: steps + 1,
    moments: [moment.map((m, i) => beta2 * m + (1 - beta2) * d(i))],
  };
}

describe("of a user's own", () => {
  const spec: LionSpec = { name: "lion", learningRate: 0.01, beta1: 0.9, beta2: 0.99 };
  describeOptimizers({ lion }, { lion: [spec] }, updateOfLion);
});
