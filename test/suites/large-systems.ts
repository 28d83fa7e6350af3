import { proxProp, sgd } from "edgeprop";
import { describe, it } from "vitest";
import { relativeError } from "../../scripts/vector-case.ts";
import type { CreateTrainer } from "../../scripts/vector-case.ts";
import { referenceDirection } from "../../src/reference/index.ts";
import { createProblem, toRows } from "../support/problems.ts";

/** Prox systems so large that the trainer on tfjs makes their Gram matrix on the device. */
export function describeLargeSystems(createTrainer: CreateTrainer): void {
  describe("large prox steps", () => {
    it.for([
      { side: "dual", rows: 320, sizes: [400, 4, 3] },
      { side: "primal", rows: 900, sizes: [200, 4, 3] },
    ])("agree with the reference: $side", async ({ rows, sizes }, { expect }) => {
      const loss = "softmaxCrossEntropy";
      const problem = createProblem({ seed: rows, rows, sizes, activation: "tanh", loss });
      const { model, batch } = problem;
      const rule = proxProp({ tau: 1, lastLayer: "prox" });
      const optimizer = sgd({ learningRate: 1 });
      const trainer = await createTrainer(model, { loss, rule, optimizer, batchSize: rows });
      const { direction } = referenceDirection(
        model,
        { loss, rule },
        await trainer.getParams(),
        toRows(problem),
      );
      // Float32's 6e-8 in the Gram matrix times the system's condition, |A|^2 tau / n + 1: some hundreds.
      expect(relativeError((await trainer.direction(batch)).direction, direction)).toBeLessThan(1e-4);
    });
  });
}
