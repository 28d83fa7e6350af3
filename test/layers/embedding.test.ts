import {
  adam,
  backprop,
  createTrainer,
  dense,
  embedding,
  flatten,
  globalAvgPool1d,
  proxProp,
  sequential,
  sgd,
  toDataset,
} from "edgeprop";
import type { TrainerOptions } from "edgeprop";
import { describe, it } from "vitest";

const model = sequential({ input: [3] }, [embedding(4, { vocabularySize: 10 }), globalAvgPool1d(), dense(2)]);
const options: TrainerOptions = {
  loss: "softmaxCrossEntropy",
  rule: backprop(),
  optimizer: sgd({ learningRate: 0.1 }),
  batchSize: 4,
};
const targets = Int32Array.of(0, 1);

describe("embedding", () => {
  it("begins with values of mean 0 and variance 1, as PyTorch's does", async ({ expect }) => {
    const large = sequential({ input: [1] }, [embedding(50, { vocabularySize: 400 }), flatten(), dense(2)]);
    const params = (await (await createTrainer(large, options)).getParams()).subarray(0, 20_000);
    const mean = params.reduce((sum, value) => sum + value, 0) / 20_000;
    const variance = params.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 20_000;
    // Five standard errors: 1 / sqrt(20,000) and sqrt(2 / 20,000).
    expect(Math.abs(mean)).toBeLessThan(0.036);
    expect(Math.abs(variance - 1)).toBeLessThan(0.05);
  });

  it("looks the same up in bytes as in floats, and trains the rows of the batch's tokens alone", async ({
    expect,
  }) => {
    const trainer = await createTrainer(model, options);
    const floats = { inputs: Float32Array.of(0, 9, 4, 4, 4, 1), targets };
    const bytes = { inputs: Uint8Array.of(0, 9, 4, 4, 4, 1), inputScale: 1, targets };
    const { direction, outputs } = await trainer.direction(floats);
    expect(await trainer.direction(bytes)).toMatchObject({ direction, outputs });
    const rows = Array.from({ length: 10 }, (_, token) =>
      direction.subarray(4 * token, 4 * token + 4).some((value) => value !== 0),
    );
    expect(rows).toEqual([true, true, false, false, true, false, false, false, false, true]);
    const before = await trainer.getParams();
    await trainer.step(bytes);
    const after = await trainer.getParams();
    expect(after.subarray(8, 16)).toEqual(before.subarray(8, 16));
    expect(after.subarray(0, 8)).not.toEqual(before.subarray(0, 8));
  });

  it("learns which tokens belong to which class", async ({ expect }) => {
    const inputs = Uint8Array.from({ length: 300 }, (_, i) =>
      Math.floor(i / 3) % 2 === 0 ? i % 5 : 5 + (i % 5),
    );
    const labels = Int32Array.from({ length: 100 }, (_, i) => i % 2);
    const dataset = toDataset({ inputs, targets: labels, inputSize: 3, inputScale: 1 });
    const trainer = await createTrainer(model, {
      ...options,
      rule: proxProp({ tau: 1 }),
      optimizer: adam({ learningRate: 0.05 }),
    });
    await trainer.train(dataset, { epochs: 5 });
    expect((await trainer.evaluate(dataset)).accuracy).toBe(1);
    expect(await trainer.predict(inputs, { inputScale: 1 })).toEqual(labels);
  });

  const wrong: readonly [string, Float32Array | Uint8Array, RegExp][] = [
    [
      "too large",
      Float32Array.of(0, 1, 2, 3, 10, 5),
      /token 1 of example 1 is 10; expected an integer in \[0, 10\)/,
    ],
    ["too large, as a byte", Uint8Array.of(0, 1, 2, 3, 4, 255), /token 2 of example 1 is 255; expected/],
    ["negative", Float32Array.of(-1, 1, 2, 3, 4, 5), /token 0 of example 0 is -1; expected/],
    ["no integer", Float32Array.of(0, 1, 2.5, 3, 4, 5), /token 2 of example 0 is 2.5; expected/],
  ];
  it.for(wrong)(
    "refuses a token that is %s, naming example and range",
    async ([, inputs, message], { expect }) => {
      const trainer = await createTrainer(model, options);
      const error = { code: "bad-label", message: expect.stringMatching(message) };
      await expect(trainer.step({ inputs, targets })).rejects.toMatchObject(error);
      await expect(trainer.predict(inputs)).rejects.toMatchObject(error);
      const dataset = toDataset({ inputs, targets, inputSize: 3, inputScale: 1 });
      await expect(trainer.evaluate(dataset)).rejects.toMatchObject(error);
      await expect(trainer.train(dataset, { epochs: 1 })).rejects.toMatchObject(error);
    },
  );

  it("refuses scaled inputs and says what to do", async ({ expect }) => {
    const trainer = await createTrainer(model, options);
    const dataset = toDataset({ inputs: Uint8Array.of(0, 1, 2, 3, 4, 5), targets, inputSize: 3 });
    const error = {
      code: "bad-option",
      message: expect.stringMatching(
        /^inputScale is 0\.0039\d*; the tokens of an embedding layer are not scaled: expected 1$/,
      ),
    };
    await expect(trainer.train(dataset, { epochs: 1 })).rejects.toMatchObject(error);
    await expect(trainer.evaluate(dataset)).rejects.toMatchObject(error);
    await expect(trainer.predict(dataset.inputs, { inputScale: 1 / 255 })).rejects.toMatchObject(error);
    await expect(
      trainer.step({ inputs: Float32Array.of(0, 1, 2), inputScale: 2, targets: Int32Array.of(0) }),
    ).rejects.toMatchObject({ code: "bad-option", message: expect.stringMatching(/inputScale is 2/) });
  });
});
