import convnetjs from "convnetjs";
import { CannotRun } from "./peer.ts";
import type { CreateTrainingPeer } from "./peer.ts";

/** ConvNetJS: an example at a time; its trainer divides the summed gradient by the batch size. */
export const createConvNetJsPeer: CreateTrainingPeer = (problem) => {
  const { layers, params, batches, batchSize, learningRate, numClasses } = problem;
  const inputSize = layers[0]?.inputSize ?? 0;
  const definitions = layers.map(({ spec, index }) => {
    if (spec.type !== "dense") throw new CannotRun("this program builds dense layers only on ConvNetJS");
    return index === layers.length - 1
      ? { type: "softmax", num_classes: numClasses }
      : { type: "fc", num_neurons: spec.units, activation: spec.activation };
  });
  const net = new convnetjs.Net();
  net.makeLayers([{ type: "input", out_sx: 1, out_sy: 1, out_depth: inputSize }, ...definitions]);
  for (const [index, layer] of net.layers.filter((each) => each.layer_type === "fc").entries()) {
    const placed = layers[index];
    const [weights, bias] = placed?.params ?? [];
    if (placed === undefined || weights === undefined || bias === undefined)
      throw new RangeError(`no layer ${index}`);
    for (const [j, filter] of layer.filters.entries()) {
      for (let i = 0; i < placed.inputSize; i++)
        filter.w[i] = params[weights.offset + i * placed.outputSize + j] ?? 0;
      layer.biases.w[j] = params[bias.offset + j] ?? 0;
    }
  }
  const trainer = new convnetjs.Trainer(net, {
    method: "sgd",
    learning_rate: learningRate,
    momentum: 0,
    l2_decay: 0,
    batch_size: batchSize,
  });
  const example = new convnetjs.Vol(1, 1, inputSize, 0);
  let last = Number.NaN;
  return {
    step(index) {
      const batch = batches[index];
      if (batch === undefined) throw new RangeError(`no batch ${index}`);
      let sum = 0;
      for (let row = 0; row < batchSize; row++) {
        example.w.set(batch.inputs.subarray(row * inputSize, (row + 1) * inputSize));
        sum += trainer.train(example, batch.labels[row] as number).cost_loss;
      }
      last = sum / batchSize;
    },
    loss: () => last,
  };
};
