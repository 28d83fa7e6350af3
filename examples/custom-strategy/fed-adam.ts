import type { MeanStrategy } from "edgeprop/federated";

export interface FedAdamSpec {
  readonly name: "fedadam";
  readonly serverLearningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  /** The paper's tau: keeps the divisor above 0. */
  readonly tau: number;
}

const rate = { from: 0, below: 1 } as const;

/**
 * FedAdam (Reddi et al. 2021, Algorithm 2): with d the weighted mean of the deltas,
 * m = beta1 m + (1 - beta1) d, v = beta2 v + (1 - beta2) d^2, params += serverLearningRate m / (sqrt(v) + tau).
 */
export const fedadam: MeanStrategy<FedAdamSpec> = {
  name: "fedadam",
  combines: "mean",
  parse(fields) {
    fields.allowOnly(["name", "serverLearningRate", "beta1", "beta2", "tau"]);
    return {
      name: "fedadam",
      serverLearningRate: fields.has("serverLearningRate")
        ? fields.number("serverLearningRate", { above: 0 })
        : 0.01,
      beta1: fields.has("beta1") ? fields.number("beta1", rate) : 0.9,
      beta2: fields.has("beta2") ? fields.number("beta2", rate) : 0.99,
      tau: fields.has("tau") ? fields.number("tau", { above: 0 }) : 1e-3,
    };
  },
  weightOf: ({ numExamples }) => numExamples,
  /** m, then v. */
  initialState: (_, numParams) => new Float32Array(2 * numParams),
  next({ serverLearningRate, beta1, beta2, tau }, { params, mean, state }) {
    const size = params.length;
    const next = { params: params.slice(), state: state.slice() };
    for (const [i, d] of mean.values().entries()) {
      const m = beta1 * (state[i] ?? 0) + (1 - beta1) * d;
      const v = beta2 * (state[size + i] ?? 0) + (1 - beta2) * d * d;
      next.state[i] = m;
      next.state[size + i] = v;
      next.params[i] = (params[i] ?? 0) + (serverLearningRate * m) / (Math.sqrt(v) + tau);
    }
    return next;
  },
};
