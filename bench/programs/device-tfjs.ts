/** What device-dense.ts does, as far as tfjs goes (backpropagation), on tfjs-core and its wasm backend. */
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import * as tf from "@tensorflow/tfjs-core";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";

export async function train(inputs: Float32Array, labels: Int32Array): Promise<void> {
  setWasmPaths("/wasm/");
  await tf.setBackend("wasm");
  const bound = (fanIn: number): number => 1 / Math.sqrt(fanIn);
  const weights = [
    tf.variable(tf.randomUniform([784, 128], -bound(784), bound(784))),
    tf.variable(tf.randomUniform([128, 10], -bound(128), bound(128))),
  ] as const;
  const biases = [tf.variable(tf.zeros([128])), tf.variable(tf.zeros([10]))] as const;
  const optimizer = tf.train.sgd(0.1);
  const x = tf.tensor2d(inputs, [labels.length, 784]);
  const y = tf.oneHot(tf.tensor1d(labels, "int32"), 10);
  for (let begin = 0; begin + 32 <= labels.length; begin += 32) {
    optimizer.minimize(() => {
      const hidden = tf.relu(tf.add(tf.matMul(tf.slice(x, begin, 32), weights[0]), biases[0]));
      const outputs = tf.add(tf.matMul(hidden, weights[1]), biases[1]);
      return tf.losses.softmaxCrossEntropy(tf.slice(y, begin, 32), outputs);
    });
  }
}
