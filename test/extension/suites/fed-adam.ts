import { allRunSets } from "edgeprop/federated";
import type { Strategy } from "edgeprop/federated";
import { describe, it } from "vitest";
import { createClosing, firstParams, updatesOf } from "../../support/closing.ts";
import type { Kept } from "../../support/closing.ts";

const options = { serverLearningRate: 0.1, beta1: 0.9, beta2: 0.99, tau: 0.01 };

/** FedAdam's rounds (Reddi et al. 2021, Algorithm 2) by plain loops in float64. */
export function describeFedAdam(fedadam: Strategy): void {
  const sets = { ...allRunSets, strategies: { fedadam } };

  describe("the strategy fedadam", () => {
    it("takes the paper's steps, round after round", ({ expect }) => {
      const closing = createClosing({ strategy: { ...options, name: "fedadam" } }, sets);
      const { serverLearningRate, beta1, beta2, tau } = options;
      let kept: Kept = firstParams;
      let [params, m, v] = [[...firstParams.params], [0], [0]];
      for (let round = 1; round <= 4; round++) {
        const updates = updatesOf(round);
        const numExamples = updates.reduce((sum, update) => sum + update.numExamples, 0);
        const d = params.map((_, i) =>
          updates.reduce(
            (sum, update) => sum + ((update.delta[i] ?? 0) * update.numExamples) / numExamples,
            0,
          ),
        );
        m = d.map((x, i) => beta1 * (m[i] ?? 0) + (1 - beta1) * x);
        v = d.map((x, i) => beta2 * (v[i] ?? 0) + (1 - beta2) * x * x);
        params = params.map((p, i) => p + (serverLearningRate * (m[i] ?? 0)) / (Math.sqrt(v[i] ?? 0) + tau));
        kept = closing.close(round, kept);
        const worst = Math.max(...params.map((p, i) => Math.abs(p - (kept.params[i] ?? Number.NaN))));
        // Params and state of float32, the mean in fixed point of 2^-32.
        expect(worst, `round ${round}`).toBeLessThan(1e-6);
      }
    });
  });
}
