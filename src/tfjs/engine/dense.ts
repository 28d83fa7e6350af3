import * as tf from "@tensorflow/tfjs-core";
import type { Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import { activationOf } from "./activations.ts";

/*
 * Dense layers on tensors: a_prev (rows, in), W (in, out), b (out), a = sigma(a_prev W + b) and G = dL/dz, both
 * (rows, out). All of it runs inside the caller's tf.tidy.
 */

export interface DenseLayer {
  /** By name. */
  readonly activation: string;
  readonly weights: Tensor2D;
  readonly bias: Tensor1D;
}

/** What belongs to a layer's weights and bias: a gradient, a direction. */
export interface LayerTensors {
  readonly weights: Tensor2D;
  readonly bias: Tensor1D;
}

export function denseForward(a: Tensor2D, { activation, weights, bias }: DenseLayer): Tensor2D {
  const isRelu = activation === "relu";
  const fused = isRelu ? activation : "linear";
  const z = tf.fused.matMul({ a, b: weights, bias, activation: fused }) as Tensor2D;
  return isRelu ? z : activationOf(activation).value(z);
}

/** G = dL/da sigma'(z), where sigma' is known from a alone. */
export function throughActivation(gradient: Tensor2D, a: Tensor2D, activation: string): Tensor2D {
  return activationOf(activation).backward(gradient, a);
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
