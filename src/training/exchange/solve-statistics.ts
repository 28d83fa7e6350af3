import { EdgepropError } from "../../errors.ts";
import { countParams } from "../../model/index.ts";
import type { ModelSpec, RuleSpec } from "../../model/index.ts";
import { createArena, planBuffers } from "../../runtime/index.ts";
import { conjugateGradientsWorkBytes, gramBytes, rightBytes } from "../../runtime/scratch.ts";
import { solveCalls } from "../layers/prox-calls.ts";
import { countStatistics, statisticsLayout } from "./statistics-layout.ts";

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

export function createStatisticsSolver(
  module: WebAssembly.Module,
  model: ModelSpec,
  rule: RuleSpec,
): StatisticsSolver {
  const layout = statisticsLayout(model, rule);
  const count = countStatistics(model, rule);
  const systems = layout.filter(({ gram }) => gram !== null).map(({ layer }) => layer);
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
      { name: "direction", bytes: 4 * countParams(model) },
    ]),
  );
  const { kernels } = arena;
  const [sums, gram, right] = [arena.at("sums"), arena.at("gram"), arena.at("right")];

  function load(part: BigInt64Array): void {
    if (part.length !== count) throw new EdgepropError("bad-shape", `${part.length} sums; expected ${count}`);
    arena.bytes("part").set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
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
      for (const { layer, rule: layerRule, gram: gramSums, right: rightSums } of layout) {
        const size = layer.inputSize + 1;
        const direction = arena.at("direction") + 4 * (layer.params[0]?.offset ?? 0);
        if (gramSums === null || layerRule.name === "backprop") {
          kernels.fixedPointApply(rightSums.length, 1 / numExamples, sums + 8 * rightSums.offset, direction);
          continue;
        }
        const isMean = layerRule.reduction === "mean";
        kernels.statisticsToSystem(
          size,
          layer.outputSize,
          sums + 8 * gramSums.offset,
          sums + 8 * rightSums.offset,
          gram,
          right,
        );
        const solving = solveCalls(
          kernels,
          { size, columns: layer.outputSize },
          {
            side: "primal",
            damping: (isMean ? numExamples : 1) / layerRule.tau,
            cgIterations: layerRule.proxSolver === "cg" ? (layerRule.cgIterations ?? 1) : null,
            gram,
            right,
            work: arena.at("work"),
          },
        );
        for (const call of solving) call();
        kernels.demoteRows(
          size,
          layer.outputSize,
          layer.outputSize,
          isMean ? 1 : 1 / numExamples,
          right,
          direction,
        );
      }
      return arena.floats("direction").slice();
    },
  };
}
