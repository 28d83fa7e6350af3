import { allSets, createPredictor, dense, sequential, toDataset } from "edgeprop";
import type { LossType } from "edgeprop";
import { describe, it } from "vitest";

/** A loss of classes: it takes labels, and its largest output is the prediction. */
export function describeClasses(loss: LossType): void {
  const sets = { ...allSets, losses: { [loss.name]: loss } };

  describe("losses", () => {
    it(`${loss.name} takes labels`, async ({ expect }) => {
      const predictor = await classifier();
      const { accuracy, loss: found } = await predictor.evaluate(
        toDataset({ inputs, targets: Int32Array.of(0, 1, 0), inputSize: 2 }),
      );
      expect(accuracy).toBeCloseTo(2 / 3, 9);
      // The scores are (1, 0), (0, 1) and (0, 1): the third example's errors are -1 and 1.
      expect(found).toBeCloseTo((2 * (Math.sqrt(2) - 1)) / 3, 6);
    });

    it(`${loss.name} predicts the class of the largest output`, async ({ expect }) => {
      expect(await (await classifier()).predict(inputs)).toEqual(Int32Array.of(0, 1, 1));
    });
  });

  const inputs = Float32Array.of(1, 0, 0, 1, 0, 1);
  /** Two inputs that are the scores. */
  const classifier = async () =>
    createPredictor(sequential({ input: [2], sets }, [dense(2)]), {
      loss: loss.name,
      batchSize: 3,
      params: Float32Array.of(1, 0, 0, 1, 0, 0),
    });
}
