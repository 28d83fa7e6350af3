import { CannotRun } from "./peer.ts";
import type { CreateTrainingPeer } from "./peer.ts";

interface DenseLoop {
  readonly inputs: number;
  readonly outputs: number;
  readonly isRelu: boolean;
  /** (inputs, outputs) and (outputs), views of the params. */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
  /** (batchSize, outputs): a, and dL/dz. */
  readonly activations: Float32Array;
  readonly gradient: Float32Array;
}

/** What one writes without a library: float32 arrays and loops that read along rows; the update goes straight into the weights. */
export const createPlainLoopPeer: CreateTrainingPeer = (problem) => {
  const { batchSize, learningRate, batches, numClasses } = problem;
  const params = problem.params.slice();
  const layers = problem.layers.map(({ spec, inputSize, outputSize, params: [weights, bias] }): DenseLoop => {
    if (spec.type !== "dense" || weights === undefined || bias === undefined)
      throw new CannotRun("the plain loop has dense layers only");
    return {
      inputs: inputSize,
      outputs: outputSize,
      isRelu: spec.activation === "relu",
      weights: params.subarray(weights.offset, weights.offset + weights.length),
      bias: params.subarray(bias.offset, bias.offset + bias.length),
      activations: new Float32Array(batchSize * outputSize),
      gradient: new Float32Array(batchSize * outputSize),
    };
  });
  const last = layers.at(-1);
  if (last === undefined) throw new CannotRun("no layers");
  let loss = Number.NaN;
  return {
    step(index) {
      const batch = batches[index];
      if (batch === undefined) throw new RangeError(`no batch ${index}`);
      let values = batch.inputs;
      for (const layer of layers) {
        forward(layer, batchSize, values);
        values = layer.activations;
      }
      loss = softmaxGradient(last, batchSize, batch.labels, numClasses) / batchSize;
      for (let i = layers.length - 1; i >= 0; i--) {
        const layer = layers[i] as DenseLoop;
        const previous = layers[i - 1];
        if (previous !== undefined) backward(layer, batchSize, previous);
        update(layer, batchSize, previous?.activations ?? batch.inputs, learningRate);
      }
    },
    loss: () => loss,
  };
};

function forward(
  { inputs, outputs, weights, bias, activations, isRelu }: DenseLoop,
  rows: number,
  x: Float32Array,
): void {
  for (let row = 0; row < rows; row++) {
    const to = row * outputs;
    for (let j = 0; j < outputs; j++) activations[to + j] = bias[j] as number;
    for (let k = 0; k < inputs; k++) {
      const value = x[row * inputs + k] as number;
      const from = k * outputs;
      for (let j = 0; j < outputs; j++)
        activations[to + j] = (activations[to + j] as number) + value * (weights[from + j] as number);
    }
    if (!isRelu) continue;
    for (let j = to; j < to + outputs; j++) if ((activations[j] as number) < 0) activations[j] = 0;
  }
}

/** The gradient of the mean loss; returns the sum of the losses. */
function softmaxGradient(
  { activations, gradient }: DenseLoop,
  rows: number,
  labels: Int32Array,
  classes: number,
): number {
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    const from = row * classes;
    let largest = -Infinity;
    for (let j = from; j < from + classes; j++) largest = Math.max(largest, activations[j] as number);
    let total = 0;
    for (let j = from; j < from + classes; j++) total += Math.exp((activations[j] as number) - largest);
    for (let j = from; j < from + classes; j++)
      gradient[j] = Math.exp((activations[j] as number) - largest) / total / rows;
    const label = from + (labels[row] as number);
    sum += Math.log(total) + largest - (activations[label] as number);
    gradient[label] = (gradient[label] as number) - 1 / rows;
  }
  return sum;
}

/** dL/dz of the layer before: G W^T where its activation is alive. */
function backward(
  { inputs, outputs, weights, gradient }: DenseLoop,
  rows: number,
  previous: DenseLoop,
): void {
  for (let row = 0; row < rows; row++) {
    for (let k = 0; k < inputs; k++) {
      let sum = 0;
      if (!previous.isRelu || (previous.activations[row * inputs + k] as number) > 0) {
        for (let j = 0; j < outputs; j++)
          sum += (gradient[row * outputs + j] as number) * (weights[k * outputs + j] as number);
      }
      previous.gradient[row * inputs + k] = sum;
    }
  }
}

function update(
  { inputs, outputs, weights, bias, gradient }: DenseLoop,
  rows: number,
  x: Float32Array,
  learningRate: number,
): void {
  for (let row = 0; row < rows; row++) {
    const from = row * outputs;
    for (let k = 0; k < inputs; k++) {
      const scale = learningRate * (x[row * inputs + k] as number);
      if (scale === 0) continue;
      const to = k * outputs;
      for (let j = 0; j < outputs; j++)
        weights[to + j] = (weights[to + j] as number) - scale * (gradient[from + j] as number);
    }
    for (let j = 0; j < outputs; j++)
      bias[j] = (bias[j] as number) - learningRate * (gradient[from + j] as number);
  }
}
