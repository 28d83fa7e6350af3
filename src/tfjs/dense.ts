import * as tf from "@tensorflow/tfjs-core";
import type { Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import type { TfjsActivation } from "./supported.ts";

/*
 * Dense layers on tensors: a_prev (rows, in), W (in, out), b (out), a = sigma(a_prev W + b) and G = dL/dz, both
 * (rows, out). All of it runs inside the caller's tf.tidy.
 */

export interface DenseLayer {
  readonly activation: TfjsActivation;
  readonly weights: Tensor2D;
  readonly bias: Tensor1D;
}

/** What belongs to a layer's weights and bias: a gradient, a direction. */
export interface LayerTensors {
  readonly weights: Tensor2D;
  readonly bias: Tensor1D;
}

export function denseForward(a: Tensor2D, { activation, weights, bias }: DenseLayer): Tensor2D {
  const fused = activation === "relu" ? activation : "linear";
  const z = tf.fused.matMul({ a, b: weights, bias, activation: fused }) as Tensor2D;
  switch (activation) {
    case "linear":
    case "relu":
      return z;
    case "tanh":
      return tf.tanh(z);
    case "sigmoid":
      return tf.sigmoid(z);
    default:
      return activation satisfies never;
  }
}

/** G = dL/da sigma'(z), where sigma' is known from a alone. */
export function throughActivation(gradient: Tensor2D, a: Tensor2D, activation: TfjsActivation): Tensor2D {
  switch (activation) {
    case "linear":
      return gradient;
    case "relu":
      return tf.mul(gradient, tf.step(a));
    case "tanh":
      return tf.mul(gradient, tf.sub(1, tf.square(a)));
    case "sigmoid":
      return tf.mul(gradient, tf.mul(a, tf.sub(1, a)));
    default:
      return activation satisfies never;
  }
}

/** dL/da_prev = G W^T */
export function throughWeights(g: Tensor2D, { weights }: DenseLayer): Tensor2D {
  return product(g, weights, { transposeB: true });
}

/** A^T G for A = [a_prev, 1]. */
export function denseGradient(a: Tensor2D, g: Tensor2D): LayerTensors {
  return { weights: product(a, g, { transposeA: true }), bias: tf.sum(g, 0) };
}

export interface ProductOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/**
 * tfjs's wasm backend multiplies transposed operands an order of magnitude slower than plain ones: there the
 * transposition is a step of its own.
 */
export function product(
  a: Tensor2D,
  b: Tensor2D,
  { transposeA = false, transposeB = false }: ProductOptions = {},
): Tensor2D {
  if (tf.getBackend() !== "wasm") return tf.matMul(a, b, transposeA, transposeB);
  return tf.matMul(transposeA ? tf.transpose(a) : a, transposeB ? tf.transpose(b) : b);
}
