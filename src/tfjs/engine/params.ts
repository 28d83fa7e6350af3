import * as tf from "@tensorflow/tfjs-core";
import type { Tensor, Tensor1D } from "@tensorflow/tfjs-core";
import type { Model } from "../../model/index.ts";

/** A value on the device that lasts: a variable of edgeprop's, or one of the user's model. */
export interface Param {
  readonly shape: readonly number[];
  /** The variable itself, not a copy: not to be disposed of. */
  read(): Tensor;
  /** `value` stays the caller's to dispose of. */
  write(value: Tensor): void;
  dispose(): void;
}

/** weights (in, out) and bias (out) of a dense layer. */
export interface LayerParams {
  readonly weights: Param;
  readonly bias: Param;
}

/** A variable of zeros; not trainable in tfjs's sense, lest the user's own optimizers take it along. */
export function createParam(shape: readonly number[]): Param {
  const zeros = tf.zeros([...shape]);
  const variable = tf.variable(zeros, false);
  zeros.dispose();
  return {
    shape,
    read: () => variable,
    write: (value) => variable.assign(value),
    dispose: () => variable.dispose(),
  };
}

export function createLayerParams({ placed }: Model): LayerParams[] {
  return placed.map(({ inputSize, outputSize }) => ({
    weights: createParam([inputSize, outputSize]),
    bias: createParam([outputSize]),
  }));
}

/** In layout order: weights, then bias, layer by layer. */
export function listParams(layers: readonly LayerParams[]): Param[] {
  return layers.flatMap(({ weights, bias }) => [weights, bias]);
}

export function writeParams(params: readonly Param[], values: readonly Tensor[]): void {
  for (const [index, param] of params.entries()) {
    const value = values[index];
    if (value !== undefined) param.write(value);
  }
}

/** Tensors in layout order as one. */
export function flatten(tensors: readonly Tensor[]): Tensor1D {
  return tf.tidy(() => tf.concat1d(tensors.map((tensor) => tf.reshape(tensor, [tensor.size]))));
}

/** The other way: a tensor for each param, of its shape. */
export function unflatten(flat: Tensor1D, params: readonly Param[]): Tensor[] {
  return tf.tidy(() => {
    const sizes = params.map(({ shape }) => tf.util.sizeFromShape([...shape]));
    return tf
      .split(flat, sizes)
      .map((part, index) => tf.reshape(part, [...(params[index]?.shape ?? part.shape)]));
  });
}

/** The values of a tensor, which it disposes of. Never by dataSync, which WebGPU in Node does not have. */
export async function takeValues(tensor: Tensor): Promise<Float32Array> {
  try {
    return await tensor.data<"float32">();
  } finally {
    tensor.dispose();
  }
}
