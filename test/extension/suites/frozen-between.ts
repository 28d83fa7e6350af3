import { allSets, backprop, dense, sequential } from "edgeprop";
import type { LayerType } from "edgeprop";
import { describe, it } from "vitest";
import { errorAgainstReference } from "../../support/layers.ts";
import { problemFor } from "../../support/problems.ts";

/** A layer that is frozen while others before and after it train: it is asked for what flows on, and for no direction. */
export function describeFrozenBetween(layer: LayerType): void {
  const sets = { ...allSets, layers: { ...allSets.layers, [layer.type]: layer } };
  const own = { type: layer.type };
  const model = sequential({ input: [5], sets }, [dense(6, { activation: "tanh" }), own, own, dense(3)]);

  describe("layers", () => {
    it.for([[0, 2], [0, 1], [0, 3], [0]])(
      `${layer.type} leaves the directions of others as they are where %i and %i alone train`,
      async (trainable, { expect }) => {
        for (let seed = 1; seed <= 5; seed++) {
          const problem = problemFor(model, { seed, rows: 4, loss: "softmaxCrossEntropy" });
          // Float32's 6e-8 through sums of a dozen terms.
          expect(await errorAgainstReference(problem, backprop(), { seed, trainable })).toBeLessThan(1e-5);
        }
      },
    );
  });
}
