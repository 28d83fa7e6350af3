import * as tf from "@tensorflow/tfjs-core";
import { adam, dense, proxProp, sequential, toDataset } from "edgeprop";
import { createTfjsTrainer } from "edgeprop/tfjs";
import { describe, it } from "vitest";
import { waves } from "../support/tfjs.ts";

/** What every call of a trainer leaves on the device: nothing. */
export function describeTensors(): void {
  describe("its tensors", () => {
    it("are as many after each call as before it, refused ones too, and none when it is disposed of", async ({
      expect,
    }) => {
      const before = tf.memory().numTensors;
      const model = sequential({ input: [6] }, [dense(5, { activation: "tanh" }), dense(3)]);
      const dataset = toDataset({ inputs: waves(20 * 6), targets: new Int32Array(20), inputSize: 6 });
      const trainer = await createTfjsTrainer(model, {
        loss: "softmaxCrossEntropy",
        rule: proxProp({ tau: 1, lastLayer: "prox" }),
        optimizer: adam(),
        batchSize: 8,
      });
      // Four params and Adam's two moments.
      const alive = before + 6;
      const batch = { inputs: waves(18), targets: new Int32Array(3) };
      const calls = [
        () => trainer.step(batch),
        () => trainer.direction(batch),
        () => trainer.train(dataset, { epochs: 2 }),
        () => trainer.evaluate(dataset),
        () => trainer.predict(dataset.inputs),
        () => trainer.getParams(),
        () => trainer.getDelta(new Float32Array(trainer.numParams)),
        () => trainer.setParams(new Float32Array(trainer.numParams)),
        () => trainer.step({ ...batch, targets: Int32Array.of(0, 1, 9) }).catch(() => "refused"),
        () => trainer.setParams(new Float32Array(1)).catch(() => "refused"),
        // Outputs of 3e38 and more: the loss is not finite.
        () => trainer.setParams(new Float32Array(trainer.numParams).fill(3e38)),
        () => trainer.step(batch).catch(() => "refused"),
      ];
      for (const call of calls) {
        await call();
        expect(tf.memory().numTensors).toBe(alive);
      }
      await trainer.dispose();
      expect(tf.memory().numTensors).toBe(before);
    });
  });
}
