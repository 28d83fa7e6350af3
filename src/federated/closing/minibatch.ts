import { createDirectionOptimizer, createStatisticsSolver, statisticsTensors } from "../../exchange/index.ts";
import { decodeStatistics } from "../../frames/index.ts";
import type { Model } from "../../model/index.ts";
import type { UpdateCodec } from "../filters/update-codec.ts";
import type { RunSpec } from "../types.ts";
import { createDeltaSum } from "./delta-sum.ts";
import { readContent } from "./read-content.ts";
import type { NextRound, RoundCloser, StoredRound } from "./types.ts";

/** The optimizer's step along the mean of the shards' directions, weighted by their examples. */
export function closeDirections(
  kernels: WebAssembly.Module,
  spec: RunSpec,
  { codec, model }: { readonly codec: UpdateCodec; readonly model: Model },
): RoundCloser {
  const { numParams } = model;
  const sum = createDeltaSum(kernels, { numParams, capacity: spec.cohortSize });
  const takeStep = createServerStep(kernels, spec, model);
  return {
    read: (bytes) =>
      readContent(bytes, {
        decode: codec.decode,
        problemWith: ({ delta, numExamples }) => sum.problemWith(delta, numExamples),
        maxExamples: spec.maxExamples,
      }),
    close({ round, updates }, stored) {
      sum.clear();
      let totalWeight = 0;
      for (const [part, { numExamples }] of Object.entries(updates)) {
        sum.add(codec.decode(stored.readUpdate(part)).delta, numExamples);
        totalWeight += numExamples;
      }
      return takeStep(sum.applyTo(new Float32Array(numParams), 1 / totalWeight), { round, stored });
    },
  };
}

/** The optimizer's step along the exact direction of the whole batch. */
export function closeStatistics(kernels: WebAssembly.Module, spec: RunSpec, model: Model): RoundCloser {
  const { training, cohortSize } = spec;
  const layout = statisticsTensors(model, training.rule);
  const solver = createStatisticsSolver(kernels, model, training.rule);
  const takeStep = createServerStep(kernels, spec, model);
  return {
    read: (bytes) =>
      readContent(bytes, {
        decode: (given) => decodeStatistics(layout, given),
        problemWith: ({ sums }) => solver.problemWith(sums, cohortSize),
      }),
    close({ round, updates }, stored) {
      solver.clear();
      let total = 0;
      for (const [part, { numExamples }] of Object.entries(updates)) {
        solver.add(decodeStatistics(layout, stored.readUpdate(part)).sums);
        total += numExamples;
      }
      return takeStep(solver.solve(total), { round, stored });
    },
  };
}

/** The server's optimizer: rounds are its steps. Throws `non-finite`. */
function createServerStep(kernels: WebAssembly.Module, { training }: RunSpec, model: Model) {
  const optimizer = createDirectionOptimizer(kernels, model, training.optimizer);
  return (
    direction: Float32Array,
    { round, stored }: { readonly round: number; readonly stored: StoredRound },
  ): NextRound => {
    const { params, state } = stored;
    return optimizer.apply({ params, state: state ?? new Float32Array() }, direction, round);
  };
}
