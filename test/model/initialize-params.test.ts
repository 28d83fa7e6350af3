import { backprop, createTrainer, dense, paramsLayout, sequential, sgd } from "edgeprop";
import { describe, it } from "vitest";

describe("initial params", () => {
  it("are even within 1 / sqrt(fanIn) of 0, weights and bias alike", async ({ expect }) => {
    const model = sequential({ input: [100] }, [dense(400), dense(25)]);
    const trainer = await createTrainer(model, {
      loss: "meanSquaredError",
      rule: backprop(),
      optimizer: sgd({ learningRate: 1 }),
      batchSize: 1,
    });
    const params = await trainer.getParams();
    for (const { name, offset, length } of paramsLayout(model)) {
      const bound = name.startsWith("layers.0") ? 0.1 : 0.05;
      const values = params.subarray(offset, offset + length);
      const mean = values.reduce((sum, value) => sum + value, 0) / length;
      const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / length);
      expect(Math.max(...values.map(Math.abs)), name).toBeLessThanOrEqual(Math.fround(bound));
      // Five standard errors of each.
      expect(Math.abs(mean), name).toBeLessThan((5 * bound) / Math.sqrt(3 * length));
      expect(Math.abs(deviation - bound / Math.sqrt(3)), name).toBeLessThan(
        (5 * bound) / Math.sqrt(5 * length),
      );
    }
  });
});
