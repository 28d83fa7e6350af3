import { backprop, createTrainer, dense, sequential, sgd } from "edgeprop";
import type { KernelsName } from "../../against/cases.ts";
import type { CreateTrainingPeer } from "../../peers/peer.ts";

/** A peer of the embedded benchmark by the builders of edgeprop/dense, which both sides have. */
export function createPeerWith(kernels: KernelsName): CreateTrainingPeer {
  return async ({ model, learningRate, batchSize, params, batches }) => {
    const layers = model.layers.map((layer) => {
      if (layer.type !== "dense") throw new Error(`edgeprop/dense has no ${layer.type}`);
      return dense(layer.units, { activation: layer.activation });
    });
    const trainer = await createTrainer(sequential({ input: model.input }, layers), {
      loss: "softmaxCrossEntropy",
      rule: backprop(),
      optimizer: sgd({ learningRate }),
      batchSize,
      params,
      deterministic: kernels === "simd",
    });
    let last = Number.NaN;
    return {
      async step(index) {
        const batch = batches[index];
        if (batch === undefined) throw new RangeError(`no batch ${index}`);
        last = (await trainer.step({ inputs: batch.inputs, targets: batch.labels })).loss;
      },
      loss: () => last,
    };
  };
}
