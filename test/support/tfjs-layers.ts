// Not tfjs-core: it knows no gradients.
import * as tf from "@tensorflow/tfjs";
import type { Rank, Scalar, Tensor, Tensor4D, Variable } from "@tensorflow/tfjs";
import { describeModel } from "edgeprop/model";
import type { Activation, ModelSpec } from "edgeprop";
import type { PlacedLayer } from "../../src/model/index.ts";
import { dropoutFactors } from "../../src/reference/random.ts";
import type { Problem } from "./problems.ts";

/*
 * Any model in tfjs's operations, forward only: the gradient is tfjs's own. Dropped values come from our generator,
 * which tfjs does not have.
 */

/** The gradient of the mean loss, flat, in layout order; zeros for params that are not trained. */
export async function gradientOfTfjs(
  { model, loss, rows, batch }: Problem,
  params: Float32Array,
  seed: number,
): Promise<{ readonly loss: number; readonly gradient: Float32Array }> {
  const placed = describeModel(model).flatMap((layer) => layer.params);
  const variables = new Map(
    placed.map(({ name, shape, offset, length }) => [
      name,
      tf.variable(tf.tensor(params.slice(offset, offset + length), [...shape])),
    ]),
  );
  const { value, grads } = tf.variableGrads(() => {
    const inputs = tf.tensor(Float32Array.from(batch.inputs), [rows, ...model.input]);
    const outputs = tf.reshape<Rank.R2>(forward(model, inputs, variables, seed), [rows, -1]);
    if (loss === "softmaxCrossEntropy") {
      const labels = tf.oneHot(Array.from(batch.targets), outputs.shape[1]);
      const chosen = tf.sum(tf.mul(labels, outputs), 1);
      return tf.mean<Scalar>(tf.sub(tf.logSumExp(outputs, 1), chosen));
    }
    const targets = tf.tensor2d(Float32Array.from(batch.targets), [rows, outputs.shape[1]]);
    return tf.mean<Scalar>(tf.square(tf.sub(outputs, targets)));
  }, [...variables.values()]);
  const gradient = new Float32Array(params.length);
  for (const { name, offset, isTrained } of placed) {
    const variable = variables.get(name);
    const found = variable === undefined ? undefined : grads[variable.name];
    if (isTrained && found !== undefined) gradient.set(await found.data(), offset);
  }
  const [lossValue = Number.NaN] = await value.data();
  for (const variable of variables.values()) variable.dispose();
  return { loss: lossValue, gradient };
}

function forward(
  model: ModelSpec,
  inputs: Tensor,
  variables: ReadonlyMap<string, Variable>,
  seed: number,
): Tensor {
  let values = inputs;
  for (const layer of describeModel(model)) {
    const params = layer.params.map(({ name }) => {
      const variable = variables.get(name);
      if (variable === undefined) throw new RangeError(name);
      return variable;
    });
    values = through(layer, values, params, seed);
  }
  return values;
}

function through(
  { spec, index, inputShape, outputShape }: PlacedLayer,
  x: Tensor,
  params: readonly Tensor[],
  seed: number,
): Tensor {
  const [weights = tf.scalar(0), bias = tf.scalar(0)] = params;
  const rows = x.shape[0] ?? 0;
  const lastAxis = x.rank - 1;
  switch (spec.type) {
    case "dense":
      return activated(spec.activation, tf.add(tf.matMul(x, weights), bias));
    case "conv2d": {
      const padded = pad(x, spec.padding);
      const mode = spec.padding === "same" ? "same" : "valid";
      const z = tf.conv2d(padded, weights as Tensor4D, spec.stride, mode);
      return activated(spec.activation, tf.add(z, bias));
    }
    case "depthwiseConv2d": {
      const padded = pad(x, spec.padding);
      const mode = spec.padding === "same" ? "same" : "valid";
      const filter = tf.expandDims<Tensor4D>(weights, 3);
      return activated(spec.activation, tf.add(tf.depthwiseConv2d(padded, filter, spec.stride, mode), bias));
    }
    case "maxPool2d":
      return tf.maxPool(x as Tensor4D, spec.size, spec.size, "valid");
    case "avgPool2d":
      return tf.avgPool(x as Tensor4D, spec.size, spec.size, "valid");
    case "globalAvgPool2d":
      return tf.mean(x, [1, 2]);
    case "globalAvgPool1d":
      return tf.mean(x, 1);
    case "flatten":
      return tf.reshape(x, [rows, ...outputShape]);
    case "batchNorm":
      return normalized(x, spec.epsilon, {
        axes: x.shape.map((_, axis) => axis).slice(0, -1),
        weights,
        bias,
      });
    case "layerNorm":
      return normalized(x, spec.epsilon, { axes: [lastAxis], weights, bias });
    case "dropout": {
      const { rate } = spec;
      const factors = dropoutFactors(x.size, { rate, seed, step: 1, layer: index });
      return tf.mul(x, tf.tensor(factors, x.shape));
    }
    case "embedding":
      return tf.gather(weights, tf.cast(tf.reshape(x, [rows, ...inputShape]), "int32"));
    case "custom":
      // swish of test/support/layers.ts
      return tf.mul(x, tf.sigmoid(tf.mul(x, weights)));
    default:
      return spec satisfies never;
  }
}

function pad(x: Tensor, padding: "same" | "valid" | number): Tensor4D {
  const sides = typeof padding === "number" ? padding : 0;
  return tf.pad(x, [
    [0, 0],
    [sides, sides],
    [sides, sides],
    [0, 0],
  ]) as Tensor4D;
}

function normalized(
  x: Tensor,
  epsilon: number,
  { axes, weights, bias }: { readonly axes: number[]; readonly weights: Tensor; readonly bias: Tensor },
): Tensor {
  const { mean, variance } = tf.moments(x, axes, true);
  const xHat = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, epsilon)));
  return tf.add(tf.mul(xHat, weights), bias);
}

function activated(activation: Activation, z: Tensor): Tensor {
  switch (activation) {
    case "linear":
      return z;
    case "relu":
      return tf.relu(z);
    case "leakyRelu":
      return tf.leakyRelu(z, 0.01);
    case "tanh":
      return tf.tanh(z);
    case "sigmoid":
      return tf.sigmoid(z);
    case "gelu":
      return tf.mul(tf.mul(z, 0.5), tf.add(tf.erf(tf.div(z, Math.SQRT2)), 1));
    default:
      return activation satisfies never;
  }
}
