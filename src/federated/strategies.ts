import type { StrategySpec, UpdateRecord } from "./types.ts";

/**
 * How updates become the next params: params += serverLearningRate x sum(weight x delta) / sum(weight).
 * A plain object; another strategy is another object.
 */
export interface Strategy {
  readonly name: StrategySpec["name"];
  readonly serverLearningRate: number;
  /** A positive integer, so that weight x delta is exact in float64. */
  weightOf(update: Pick<UpdateRecord, "numExamples">): number;
}

export function fedAvg({
  serverLearningRate = 1,
}: { readonly serverLearningRate?: number } = {}): StrategySpec {
  return { name: "fedavg", serverLearningRate };
}

export function toStrategy(spec: StrategySpec): Strategy {
  switch (spec.name) {
    case "fedavg":
      return { ...spec, weightOf: ({ numExamples }) => numExamples };
    default:
      return spec.name satisfies never;
  }
}
