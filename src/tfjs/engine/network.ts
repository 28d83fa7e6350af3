import * as tf from "@tensorflow/tfjs-core";
import type { Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import { denseForward, throughActivation, throughWeights } from "./dense.ts";
import type { DenseLayer } from "./dense.ts";
import { lossOf } from "./losses.ts";
import type { LossBatch } from "./losses.ts";
import type { Model } from "../../model/index.ts";
import type { LayerParams } from "./params.ts";

export function layersOf({ placed }: Model, params: readonly LayerParams[]): DenseLayer[] {
  return params.map(({ weights, bias }, index) => ({
    activation: placed[index]?.activation?.name ?? "linear",
    weights: weights.read() as Tensor2D,
    bias: bias.read() as Tensor1D,
  }));
}

/** a (rows, out) of each layer, inside the caller's tf.tidy; the last one's are the outputs. */
export function forward(layers: readonly DenseLayer[], inputs: Tensor2D): Tensor2D[] {
  const activations: Tensor2D[] = [];
  for (const layer of layers) activations.push(denseForward(activations.at(-1) ?? inputs, layer));
  return activations;
}

/** What a batch leaves in each layer; the caller disposes of it. */
export type Pass = {
  /** Each example's weight x loss (rows). */
  losses: Tensor1D;
  /** a (rows, out) of each layer; the last one's are the outputs. */
  activations: Tensor2D[];
  /** G = dL/dz (rows, out) of each layer, L being the (weighted) mean over the batch. */
  gradients: Tensor2D[];
};

export interface LabelledBatch extends LossBatch {
  readonly inputs: Tensor2D;
}

/** Forward and back: plain backpropagation, whatever the update rule. */
export function passThrough(layers: readonly DenseLayer[], { inputs, ...batch }: LabelledBatch): Pass {
  return tf.tidy(() => {
    const activations = forward(layers, inputs);
    const { losses, gradient } = lossOf(activations.at(-1) ?? inputs, batch);
    return { losses, activations, gradients: backward(layers, activations, gradient) };
  });
}

function backward(
  layers: readonly DenseLayer[],
  activations: readonly Tensor2D[],
  outputGradient: Tensor2D,
): Tensor2D[] {
  const gradients: Tensor2D[] = [];
  let gradient = outputGradient;
  for (const layer of layers.toReversed()) {
    const a = activations.at(-1 - gradients.length) ?? gradient;
    const g = throughActivation(gradient, a, layer.activation);
    gradients.push(g);
    if (gradients.length < layers.length) gradient = throughWeights(g, layer);
  }
  return gradients.toReversed();
}
