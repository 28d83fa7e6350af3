import * as tf from "@tensorflow/tfjs-core";
import type { Tensor2D } from "@tensorflow/tfjs-core";
import type { ProxSide } from "../../kinds/layer-calls.ts";
import { proxCost } from "../../layers/parts/prox-side.ts";
import type { LayerPlan } from "../../model/index.ts";
import type { ProxPropRule } from "../../rules/index.ts";
import { denseGradient, product } from "./dense.ts";
import type { LayerTensors } from "./dense.ts";

/**
 * A layer's prox step, (A^T A + damping I) D = scale A^T G with A = [a_prev, 1] of (rows, inputs + 1), from either
 * side: dual: K = A A^T, D = A^T (inverse G); primal: K = A^T A, D = inverse (A^T G), where
 * inverse = scale (K + damping I)^-1.
 * On the host: a_prev and G are read back, and the wasm kernels solve in float64, as they do for the wasm trainer;
 * the host gives inverse G (dual) or D (primal).
 * On the device: K is made there, in float32; K is read back, and the host gives the inverse.
 */
export interface ProxSystem {
  readonly place: "host" | "device";
  readonly side: ProxSide;
  readonly rows: number;
  readonly inputs: number;
  readonly outputs: number;
  /** Rows and columns of K. */
  readonly size: number;
  readonly damping: number;
  readonly scale: number;
}

export interface ProxBatch {
  readonly rows: number;
  /** Rows of full batches, by which the place is chosen. */
  readonly batchSize: number;
}

/** Float32 operations that take the kernels a few milliseconds: up to here, to send them elsewhere would not pay. */
const hostLimit = 2 ** 26;

/** The system of each layer; null where the direction is the plain gradient. */
export function proxSystems(
  plans: readonly LayerPlan[],
  { rows, batchSize }: ProxBatch,
): (ProxSystem | null)[] {
  return plans.map(({ layer, rule, side: planned }) => {
    if (planned === null) return null;
    const own = rule.spec as ProxPropRule;
    const { inputSize: inputs, outputSize: outputs } = layer;
    const scale = own.reduction === "mean" ? rows : 1;
    const full = { rows: batchSize, inputs, outputs };
    const place = proxCost(planned, full) <= hostLimit ? "host" : "device";
    const side = place === "host" ? planned : smallerSide(rows, inputs);
    const size = side === "dual" ? rows : inputs + 1;
    return { place, side, rows, inputs, outputs, size, damping: scale / own.tau, scale };
  });
}

/** In float32, K must not be singular by its very shape: only the damping would be left of it. */
function smallerSide(rows: number, inputs: number): ProxSide {
  return rows <= inputs + 1 ? "dual" : "primal";
}

/** K on the device. */
export function gramOf(a: Tensor2D, side: ProxSide): Tensor2D {
  return tf.tidy(() => {
    if (side === "dual") return tf.add(product(a, a, { transposeB: true }), 1);
    const withOne: Tensor2D = tf.concat([a, tf.ones([a.shape[0], 1])], 1);
    return product(withOne, withOne, { transposeA: true });
  });
}

/** D, from the solution that the host gives. */
export function proxDirection(
  a: Tensor2D,
  g: Tensor2D,
  { system, solution }: { readonly system: ProxSystem; readonly solution: Float32Array },
): LayerTensors {
  const { place, side, rows, inputs, outputs, size } = system;
  if (place === "host") {
    if (side === "dual") return denseGradient(a, tf.tensor2d(solution, [rows, outputs]));
    return toLayerTensors(tf.tensor2d(solution, [inputs + 1, outputs]));
  }
  const inverse = tf.tensor2d(solution, [size, size]);
  if (side === "dual") return denseGradient(a, product(inverse, g));
  const { weights, bias } = denseGradient(a, g);
  return toLayerTensors(product(inverse, tf.concat([weights, tf.reshape(bias, [1, outputs])], 0)));
}

/** (inputs + 1, outputs), the last row the bias's. */
function toLayerTensors(direction: Tensor2D): LayerTensors {
  const [columns, outputs] = direction.shape;
  return {
    weights: tf.slice(direction, [0, 0], [columns - 1, outputs]),
    bias: tf.reshape(tf.slice(direction, [columns - 1, 0], [1, outputs]), [outputs]),
  };
}
