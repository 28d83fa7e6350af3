import { EdgepropError } from "../errors.ts";
import type { RuleSpec } from "../kinds/rule-type.ts";
import type { KernelCall } from "../kinds/layer-calls.ts";
import { solveCalls } from "../layers/parts/prox-calls.ts";
import type { Model } from "../model/index.ts";
import { createArena, planBuffers } from "../runtime/index.ts";
import { conjugateGradientsWorkBytes, gramBytes, rightBytes } from "../runtime/scratch.ts";
import { countStatistics, statisticsLayout } from "./statistics-layout.ts";
import type { LayerStatistics } from "./statistics-layout.ts";

/** Turns summed statistics into the direction of the whole batch. */
export interface StatisticsSolver {
  /** Why a part cannot be added, or null. One that passed can be added `capacity` times over. */
  problemWith(sums: BigInt64Array, capacity: number): string | null;
  clear(): void;
  /** Adds a part's sums: integers, so in any order. */
  add(sums: BigInt64Array): void;
  /**
   * The direction that one machine with all `numExamples` would have taken, flat, in layout order.
   * mean: (Gram + n / tau I) D = Right; sum: (Gram + I / tau) D = Right / n, since Right sums the gradients of the
   * examples' own losses and G is that of their mean.
   */
  solve(numExamples: number): Float32Array;
}

/**
 * Throws `unsupported` for a layer that has no statistics.
 *
 * @example
 * ```ts
 * const rule = proxProp({ tau: 1 });
 * const params = await trainer.getParams();
 * const { sums, numExamples } = collectStatistics(loadKernels(), model, { dataset, loss: "softmaxCrossEntropy", rule, params });
 * const solver = createStatisticsSolver(loadKernels(), model, rule);
 * solver.clear();
 * solver.add(sums);
 * const direction = solver.solve(numExamples);
 * ```
 */
export function createStatisticsSolver(
  module: WebAssembly.Module,
  model: Model,
  spec: RuleSpec,
): StatisticsSolver {
  const layout = statisticsLayout(model, spec);
  const count = countStatistics(model, spec);
  const systems = layout.filter(({ gram }) => gram !== null).map(({ plan }) => plan.layer);
  const arena = createArena(
    module,
    planBuffers([
      { name: "sums", bytes: 8 * count },
      { name: "part", bytes: 8 * count },
      { name: "gram", bytes: Math.max(0, ...systems.map(({ inputSize }) => gramBytes(inputSize + 1))) },
      {
        name: "right",
        bytes: Math.max(
          0,
          ...systems.map(({ inputSize, outputSize }) => rightBytes(inputSize + 1, outputSize)),
        ),
      },
      {
        name: "work",
        bytes: Math.max(0, ...systems.map(({ inputSize }) => conjugateGradientsWorkBytes(inputSize + 1))),
      },
      { name: "direction", bytes: 4 * model.numParams },
    ]),
  );
  const { kernels } = arena;
  const [sums, gram, right] = [arena.at("sums"), arena.at("gram"), arena.at("right")];

  function load(part: BigInt64Array): void {
    if (part.length !== count) throw new EdgepropError("bad-shape", `${part.length} sums; expected ${count}`);
    arena.bytes("part").set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  }

  /** The layer's rule on sums instead of a batch: its gradient and its system lie there ready. */
  function directionCalls({ plan, gram: gramSums, right: rightSums }: LayerStatistics, numExamples: number) {
    const { layer, rule, cgIterations, side, matrix, isLast } = plan;
    const { inputSize, outputSize: columns } = layer;
    const size = inputSize + 1;
    const direction = arena.at("direction") + 4 * (layer.params[0]?.offset ?? 0);
    return rule.type.direction(rule.spec, {
      layer,
      matrix,
      isLast,
      side,
      examples: numExamples,
      gradient: () => [
        () =>
          kernels.fixedPointApply(rightSums.length, 1 / numExamples, sums + 8 * rightSums.offset, direction),
      ],
      solution: ({ damping, scale }): KernelCall[] => [
        () =>
          kernels.statisticsToSystem(
            size,
            columns,
            sums + 8 * (gramSums?.offset ?? 0),
            sums + 8 * rightSums.offset,
            gram,
            right,
          ),
        ...solveCalls(
          kernels,
          { size, columns },
          { side: "primal", damping, cgIterations, gram, right, work: arena.at("work") },
        ),
        () => kernels.demoteRows(size, columns, columns, scale / numExamples, right, direction),
      ],
      values() {
        throw new EdgepropError(
          "unsupported",
          `the rule ${rule.spec.name} needs the values of a whole batch`,
        );
      },
    });
  }

  return {
    problemWith(part, capacity) {
      load(part);
      const bad = kernels.firstBeyond(count, 2 ** 63 / capacity, arena.at("part"));
      return bad < 0
        ? null
        : `sum ${bad} is ${part[bad]}, out of range; with ${capacity} parts it must stay below 2^63 / ${capacity}`;
    },

    clear: () => arena.bytes("sums").fill(0),

    add(part) {
      load(part);
      kernels.fixedPointMerge(count, arena.at("part"), sums);
    },

    solve(numExamples) {
      arena.floats("direction").fill(0);
      for (const part of layout) for (const call of directionCalls(part, numExamples)) call();
      return arena.floats("direction").slice();
    },
  };
}
