import * as tf from "@tensorflow/tfjs-core";
import { timeSlice } from "../timing/interleave.ts";
import type { CreateProductPeer } from "./tasks.ts";

/** tf.matMul; for the transposed forms whichever is faster of its own flag and of tf.transpose before it. */
export const createTfjsProduct: CreateProductPeer = async ({ form, m, n, k, a, b }) => {
  const left = tf.tensor2d(a, form === "ATB" ? [k, m] : [m, k]);
  const right = tf.tensor2d(b, form === "ABT" ? [n, k] : [k, n]);
  const withFlag = (): tf.Tensor => tf.matMul(left, right, form === "ATB", form === "ABT");
  const withTranspose = (): tf.Tensor =>
    tf.tidy(() =>
      tf.matMul(form === "ATB" ? tf.transpose(left) : left, form === "ABT" ? tf.transpose(right) : right),
    );
  let last: tf.Tensor | null = null;
  const runOf = (multiply: () => tf.Tensor) => (): void => {
    last?.dispose();
    last = multiply();
  };
  const run = runOf(withFlag);
  const read = (): ArrayLike<number> => last?.dataSync() ?? [];
  if (form === "AB") return { run, read };
  const transposed = runOf(withTranspose);
  transposed();
  run();
  const [flag, transpose] = [await timeSlice(run, 50), await timeSlice(transposed, 50)];
  if (flag.ms / flag.count <= transpose.ms / transpose.count) return { run, read };
  return { run: transposed, read, note: "tf.transpose before tf.matMul is faster than its transpose flag" };
};
