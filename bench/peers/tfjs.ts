import * as tf from "@tensorflow/tfjs-core";
import type { ProblemLayer } from "../problems/problems.ts";
import { CannotRun, toOneHot } from "./peer.ts";
import type { CreateTrainingPeer } from "./peer.ts";

/** tfjs-core on its current backend: autodiff and its own SGD, all batches on the backend from the start. */
export const createTfjsPeer: CreateTrainingPeer = (problem) => {
  const { layers, params, batches, batchSize, numClasses, learningRate } = problem;
  if (tf.getBackend() === "wasm" && layers.some(({ spec }) => spec.type === "conv2d"))
    throw new CannotRun("tfjs-wasm has no Conv2DBackpropFilter");
  const placed = layers.map((layer) => ({
    layer,
    variables: layer.params.map(({ shape, offset, length }) =>
      tf.variable(tf.tensor(params.slice(offset, offset + length), [...shape])),
    ),
  }));
  const inputShape = layers[0]?.inputShape ?? [];
  const tensors = batches.map(({ inputs, labels }) => ({
    x: tf.tensor(inputs, [batchSize, ...inputShape]),
    y: tf.tensor2d(toOneHot(labels, numClasses), [batchSize, numClasses]),
  }));
  const optimizer = tf.train.sgd(learningRate);
  let last: tf.Scalar | null = null;
  return {
    step(index) {
      const batch = tensors[index];
      if (batch === undefined) throw new RangeError(`no batch ${index}`);
      last?.dispose();
      last = optimizer.minimize(() => {
        let values: tf.Tensor = batch.x;
        for (const { layer, variables } of placed) values = forward(layer, variables, values);
        return tf.losses.softmaxCrossEntropy(batch.y, values);
      }, true);
    },
    loss: () => last?.dataSync()[0] ?? Number.NaN,
  };
};

function forward({ spec }: ProblemLayer, variables: readonly tf.Variable[], values: tf.Tensor): tf.Tensor {
  if (spec.type === "dense") {
    const product = tf.matMul(values, at(variables, 0));
    return activate(spec, tf.add(product, at(variables, 1)));
  }
  if (spec.type === "conv2d") {
    const kernels = at(variables, 0) as tf.Tensor4D;
    const sums = tf.conv2d(values as tf.Tensor4D, kernels, spec.stride, spec.padding);
    return activate(spec, tf.add(sums, at(variables, 1)));
  }
  if (spec.type === "maxPool2d") return tf.maxPool(values as tf.Tensor4D, spec.size, spec.size, "valid");
  spec.type satisfies "flatten";
  return tf.reshape(values, [values.shape[0] ?? 0, -1]);
}

function activate({ activation }: { readonly activation: string }, values: tf.Tensor): tf.Tensor {
  if (activation === "linear") return values;
  if (activation === "relu") return tf.relu(values);
  throw new CannotRun(`this program does not build ${activation} on tfjs`);
}

function at(variables: readonly tf.Variable[], index: number): tf.Variable {
  const variable = variables[index];
  if (variable === undefined) throw new RangeError(`no variable ${index}`);
  return variable;
}
