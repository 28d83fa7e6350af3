// Not tfjs-core: it knows no gradients.
import * as tf from "@tensorflow/tfjs";
import type { Rank, Scalar, Tensor, Tensor4D, Variable } from "@tensorflow/tfjs";
import type { ActivationName, allSets, LayerType, Model, PlacedLayer } from "edgeprop";
import { dropoutFactors } from "../../src/reference/index.ts";
import type { swish } from "./layers.ts";
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
  const placed = model.placed.flatMap((layer) => layer.params);
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
  model: Model,
  inputs: Tensor,
  variables: ReadonlyMap<string, Variable>,
  seed: number,
): Tensor {
  let values = inputs;
  for (const layer of model.placed) {
    const params = layer.params.map(({ name }) => {
      const variable = variables.get(name);
      if (variable === undefined) throw new RangeError(name);
      return variable;
    });
    values = through(layer, values, params, seed);
  }
  return values;
}

type Layers = typeof allSets.layers & { readonly swish: typeof swish };
type SpecOf<Type> = Type extends LayerType<infer Spec> ? Spec : never;

interface Place {
  readonly layer: PlacedLayer;
  readonly weights: Tensor;
  readonly bias: Tensor;
  readonly seed: number;
}

/** What each layer does, by its type. */
const operations: {
  readonly [Type in keyof Layers]: (spec: SpecOf<Layers[Type]>, x: Tensor, place: Place) => Tensor;
} = {
  dense: (_, x, { layer, weights, bias }) => activated(layer, tf.add(tf.matMul(x, weights), bias)),
  conv2d({ padding, stride }, x, { layer, weights, bias }) {
    const mode = padding === "same" ? "same" : "valid";
    return activated(layer, tf.add(tf.conv2d(pad(x, padding), weights as Tensor4D, stride, mode), bias));
  },
  depthwiseConv2d({ padding, stride }, x, { layer, weights, bias }) {
    const mode = padding === "same" ? "same" : "valid";
    const filter = tf.expandDims<Tensor4D>(weights, 3);
    return activated(layer, tf.add(tf.depthwiseConv2d(pad(x, padding), filter, stride, mode), bias));
  },
  maxPool2d: ({ size }, x) => tf.maxPool(x as Tensor4D, size, size, "valid"),
  avgPool2d: ({ size }, x) => tf.avgPool(x as Tensor4D, size, size, "valid"),
  globalAvgPool2d: (_, x) => tf.mean(x, [1, 2]),
  globalAvgPool1d: (_, x) => tf.mean(x, 1),
  flatten: (_, x, { layer }) => tf.reshape(x, [x.shape[0] ?? 0, ...layer.outputShape]),
  batchNorm({ epsilon }, x, { weights, bias }) {
    const axes = x.shape.map((__, axis) => axis).slice(0, -1);
    return normalized(x, epsilon, { axes, weights, bias });
  },
  layerNorm: ({ epsilon }, x, { weights, bias }) =>
    normalized(x, epsilon, { axes: [x.rank - 1], weights, bias }),
  dropout({ rate }, x, { layer, seed }) {
    const factors = dropoutFactors(x.size, { rate, seed, step: 1, layer: layer.index });
    return tf.mul(x, tf.tensor(factors, x.shape));
  },
  embedding: (_, x, { layer, weights }) =>
    tf.gather(weights, tf.cast(tf.reshape(x, [x.shape[0] ?? 0, ...layer.inputShape]), "int32")),
  swish: (_, x, { weights }) => tf.mul(x, tf.sigmoid(tf.mul(x, weights))),
};

function through(layer: PlacedLayer, x: Tensor, params: readonly Tensor[], seed: number): Tensor {
  const [weights = tf.scalar(0), bias = tf.scalar(0)] = params;
  const known: Readonly<Record<string, ((spec: never, x: Tensor, place: Place) => Tensor) | undefined>> =
    operations;
  const operation = known[layer.spec.type];
  if (operation === undefined) throw new RangeError(layer.spec.type);
  return operation(layer.spec as never, x, { layer, weights, bias, seed });
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

const activations: Readonly<Record<ActivationName, (z: Tensor) => Tensor>> = {
  linear: (z) => z,
  relu: (z) => tf.relu(z),
  leakyRelu: (z) => tf.leakyRelu(z, 0.01),
  tanh: (z) => tf.tanh(z),
  sigmoid: (z) => tf.sigmoid(z),
  gelu: (z) => tf.mul(tf.mul(z, 0.5), tf.add(tf.erf(tf.div(z, Math.SQRT2)), 1)),
};

function activated({ activation }: PlacedLayer, z: Tensor): Tensor {
  const known: Readonly<Record<string, (z: Tensor) => Tensor>> = activations;
  const apply = known[activation?.name ?? ""];
  if (apply === undefined) throw new RangeError(activation?.name);
  return apply(z);
}
