import { createRandom, huber, softmaxCrossEntropy } from "edgeprop";
import type { Loss } from "edgeprop";
import { completeLoss, takesIndices } from "edgeprop/model";
import type { Arena } from "edgeprop/runtime";
import { describe, it } from "vitest";
import { lossOf } from "../../src/reference/losses.ts";
import { builds, kernelArena, largestDifference, untouched } from "../support/kernels.ts";

interface Case {
  readonly rows: number;
  readonly columns: number;
  readonly loss: Loss;
  readonly isWeighted: boolean;
  readonly hasClassWeights: boolean;
}

/** Around lanes of 4. */
const shapes = [
  [0, 3],
  [1, 1],
  [2, 3],
  [3, 4],
  [5, 5],
  [7, 9],
  [33, 101],
] as const;

const indices = softmaxCrossEntropy();
const specs: readonly Loss[] = [
  indices,
  softmaxCrossEntropy({ labelSmoothing: 0.2 }),
  softmaxCrossEntropy({ targets: "probabilities" }),
  softmaxCrossEntropy({ targets: "probabilities", labelSmoothing: 0.1 }),
  "sigmoidCrossEntropy",
  "meanSquaredError",
  huber({ delta: 0.5 }),
  huber({ delta: 4 }),
];

const cases = specs.flatMap((loss) =>
  shapes.flatMap(([rows, columns]) =>
    [false, true].flatMap((isWeighted) =>
      (takesIndices(loss) ? [false, true] : [false]).map((hasClassWeights): Case => ({
        rows,
        columns,
        loss,
        isWeighted,
        hasClassWeights,
      })),
    ),
  ),
);

function arenaFor(
  build: (typeof builds)[number],
  { rows, columns, loss, isWeighted, hasClassWeights }: Case,
): Arena {
  const size = 4 * (rows * columns + 1);
  const arena = kernelArena(build, {
    outputs: size,
    targets: size,
    gradient: size,
    weights: 4 * rows,
    classWeights: 4 * columns,
  });
  const random = createRandom(rows * 1000 + columns);
  const [outputs, targets] = [arena.floats("outputs"), arena.floats("targets")];
  for (let i = 0; i < rows * columns; i++) {
    outputs[i] = 8 * random.uniform() - 4;
    targets[i] = random.uniform();
  }
  if (takesIndices(loss)) for (let i = 0; i < rows; i++) arena.ints("targets")[i] = random.below(columns);
  if (isWeighted)
    for (let i = 0; i < rows; i++) arena.floats("weights")[i] = i % 3 === 1 ? 0 : 2 * random.uniform();
  if (hasClassWeights)
    for (let j = 0; j < columns; j++) arena.floats("classWeights")[j] = 0.5 + random.uniform();
  arena.floats("gradient").fill(untouched);
  return arena;
}

/** The loss sum. */
function run(arena: Arena, { rows, columns, loss, isWeighted, hasClassWeights }: Case): number {
  const { kernels } = arena;
  const [outputs, targets, gradient] = [arena.at("outputs"), arena.at("targets"), arena.at("gradient")];
  const weights = isWeighted ? arena.at("weights") : 0;
  const classWeights = hasClassWeights ? arena.at("classWeights") : 0;
  const weightSum = kernels.sumOfWeights(rows, weights, classWeights, targets);
  const spec = completeLoss(loss);
  switch (spec.name) {
    case "softmaxCrossEntropy":
      return spec.targets === "probabilities"
        ? kernels.softmaxCrossEntropyDense(
            rows,
            columns,
            spec.labelSmoothing,
            weightSum,
            outputs,
            weights,
            targets,
            gradient,
          )
        : kernels.softmaxCrossEntropy(
            rows,
            columns,
            spec.labelSmoothing,
            weightSum,
            outputs,
            weights,
            classWeights,
            targets,
            gradient,
          );
    case "sigmoidCrossEntropy":
    case "meanSquaredError":
      return kernels[spec.name](rows, columns, weightSum, outputs, weights, targets, gradient);
    case "huber":
      return kernels.huber(rows, columns, spec.delta, weightSum, outputs, weights, targets, gradient);
    default:
      return spec satisfies never;
  }
}

function cut(values: ArrayLike<number>, rows: number, width: number): number[][] {
  return Array.from({ length: rows }, (_, i) =>
    Array.from({ length: width }, (__, j) => values[i * width + j] ?? 0),
  );
}

describe.for(builds)("%s", (build) => {
  it.for(cases)(
    "$loss agrees with float64: $rows x $columns, weighted $isWeighted, by class $hasClassWeights",
    (each, { expect }) => {
      const { rows, columns, loss, isWeighted, hasClassWeights } = each;
      const arena = arenaFor(build, each);
      const hasIndices = takesIndices(loss);
      const targets = hasIndices
        ? cut(arena.ints("targets"), rows, 1)
        : cut(arena.floats("targets"), rows, columns);
      const weights = isWeighted ? [...arena.floats("weights")] : undefined;
      const classWeights = hasClassWeights ? [...arena.floats("classWeights")] : undefined;
      const expected = lossOf(loss, cut(arena.floats("outputs"), rows, columns), {
        targets,
        ...(weights === undefined ? {} : { weights }),
        classWeights,
      });
      const classOf = (i: number): number => classWeights?.[targets[i]?.[0] ?? 0] ?? 1;
      const weightSum = Array.from({ length: rows }, (_, i) => (weights?.[i] ?? 1) * classOf(i)).reduce(
        (a, b) => a + b,
        0,
      );

      const lossSum = run(arena, each);
      // Float32's 6e-8 in each e^z, of losses up to some ten an output.
      expect(Math.abs(lossSum - expected.value * weightSum)).toBeLessThanOrEqual(
        1e-6 * (1 + weightSum * columns),
      );
      // A few units in the last place of gradients up to 8.
      expect(
        largestDifference(arena.floats("gradient"), [...expected.gradient.flat(), untouched]),
      ).toBeLessThan(2e-6);
    },
  );

  it.for(specs)("%o leaves an example of weight 0 out, whatever its outputs are", (loss, { expect }) => {
    const each = { rows: 3, columns: 5, loss, isWeighted: true, hasClassWeights: false };
    const arena = arenaFor(build, each);
    arena.floats("outputs").fill(Infinity, 5, 8);
    arena.floats("outputs")[8] = Number.NaN;
    expect(run(arena, each)).toBeLessThan(1e3);
    expect([...arena.floats("gradient").subarray(5, 10)]).toEqual([0, 0, 0, 0, 0]);
    arena.floats("weights").fill(0);
    arena.floats("gradient").fill(untouched);
    expect(run(arena, each)).toBe(0);
    expect([...arena.floats("gradient")]).toEqual([...new Float32Array(15), untouched]);
  });

  it("huber turns from the square to the line at delta, on either side", ({ expect }) => {
    const delta = 0.75;
    const errors = [0, 0.5, -0.5, 0.75, -0.75, 0.875, -0.875, 1e30, -1e30];
    const arena = kernelArena(build, { outputs: 36, targets: 36, gradient: 36 });
    for (const [i, error] of errors.entries()) {
      arena.floats("outputs")[0] = error;
      arena.floats("targets")[0] = 0;
      const loss = arena.kernels.huber(
        1,
        1,
        delta,
        1,
        arena.at("outputs"),
        0,
        arena.at("targets"),
        arena.at("gradient"),
      );
      const e = Math.fround(error);
      const isSquare = Math.abs(e) <= delta;
      expect(loss, String(i)).toBe(isSquare ? (e * e) / 2 : delta * (Math.abs(e) - delta / 2));
      expect(arena.floats("gradient")[0]).toBe(isSquare ? e : delta * Math.sign(e));
    }
  });

  it("firstNoWeight finds what is negative, infinite or no number", ({ expect }) => {
    const arena = kernelArena(build, { values: 20 });
    arena.floats("values").set([0, 1, 3e38, -0, 5]);
    expect(arena.kernels.firstNoWeight(5, arena.at("values"))).toBe(-1);
    expect(arena.kernels.firstNoWeight(0, arena.at("values"))).toBe(-1);
    for (const value of [-1e-30, Infinity, Number.NaN, -Infinity]) {
      arena.floats("values")[3] = value;
      expect(arena.kernels.firstNoWeight(5, arena.at("values"))).toBe(3);
      expect(arena.kernels.firstNoWeight(3, arena.at("values"))).toBe(-1);
    }
  });

  it("sumOfSquares is that of float64, where float32 would overflow too", ({ expect }) => {
    for (const count of [0, 1, 3, 4, 5, 9, 1001]) {
      const arena = kernelArena(build, { values: 4 * (count + 1) });
      const values = arena.floats("values");
      for (let i = 0; i <= count; i++) values[i] = (i % 2 === 0 ? 1e30 : -3) * (i + 1);
      const expected = [...values.subarray(0, count)].reduce((sum, value) => sum + value * value, 0);
      // The order of the sum: float64's 1e-16 a term.
      expect(Math.abs(arena.kernels.sumOfSquares(count, arena.at("values")) - expected)).toBeLessThanOrEqual(
        1e-13 * expected,
      );
    }
  });
});
