import type { Strategy } from "./strategy.ts";

export interface FedAvgSpec {
  readonly name: "fedavg";
  readonly serverLearningRate: number;
}

/**
 * FedAvg (McMahan et al. 2017): params += serverLearningRate x mean of the deltas, weighted by examples.
 *
 * @example fedAvg({ serverLearningRate: 0.5 })
 */
export function fedAvg({
  serverLearningRate = 1,
}: { readonly serverLearningRate?: number } = {}): FedAvgSpec {
  return { name: "fedavg", serverLearningRate };
}

export const fedavg: Strategy<FedAvgSpec> = {
  name: "fedavg",
  combines: "mean",
  parse(fields) {
    fields.allowOnly(["name", "serverLearningRate"]);
    return fedAvg(
      fields.has("serverLearningRate")
        ? { serverLearningRate: fields.number("serverLearningRate", { above: 0, upTo: 1e6 }) }
        : {},
    );
  },
  weightOf: ({ numExamples }) => numExamples,
  next: ({ serverLearningRate }, { params, mean, state }) => ({
    params: mean.addTo(params, serverLearningRate),
    state,
  }),
};
