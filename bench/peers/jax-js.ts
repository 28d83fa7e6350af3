import { blockUntilReady, defaultDevice, init, jit, lax, nn, numpy, tree, valueAndGrad } from "@jax-js/jax";
import type { Array as JaxArray } from "@jax-js/jax";
import type { ProblemLayer } from "../problems/problems.ts";
import { CannotRun, toOneHot } from "./peer.ts";
import type { CreateTrainingPeer } from "./peer.ts";

type Params = JaxArray[][];

/** jax-js on wasm: loss, gradient and update in one jitted function, all batches on the device from the start. */
export const createJaxJsPeer: CreateTrainingPeer = async (problem) => {
  await init();
  defaultDevice("wasm");
  const { layers, batches, batchSize, numClasses, learningRate } = problem;
  const inputShape = layers[0]?.inputShape ?? [];
  const isImage = inputShape.length === 3;
  const tensors = batches.map(({ inputs, labels }) => {
    const x = numpy.array(inputs).reshape([batchSize, ...inputShape]);
    return {
      x: isImage ? x.transpose([0, 3, 1, 2]) : x,
      y: numpy.array(toOneHot(labels, numClasses)).reshape([batchSize, numClasses]),
    };
  });
  let params: Params = layers.map((layer) =>
    layer.params.map(({ shape, offset, length }) => {
      const values = numpy.array(problem.params.slice(offset, offset + length)).reshape(shape);
      // Kernels are (filters, channels, height, width) there.
      return shape.length === 4 ? values.transpose([3, 2, 0, 1]) : values;
    }),
  );

  const lossAndGradient = valueAndGrad((layerParams: Params, x: JaxArray, y: JaxArray) => {
    let values = x;
    for (const [index, layer] of layers.entries()) values = forward(layer, layerParams[index] ?? [], values);
    return nn
      .logSoftmax(values)
      .mul(y)
      .sum()
      .mul(-1 / batchSize);
  });
  const update = jit((old: Params, x: JaxArray, y: JaxArray): [JaxArray, Params] => {
    const [value, gradient] = lossAndGradient(tree.ref(old), x, y);
    return [
      value,
      old.map((each, i) => each.map((param, j) => param.sub(at(gradient[i] ?? [], j).mul(learningRate)))),
    ];
  });
  let last: JaxArray | null = null;
  return {
    async step(index) {
      const batch = tensors[index];
      if (batch === undefined) throw new RangeError(`no batch ${index}`);
      const [value, next] = update(params, batch.x.ref, batch.y.ref);
      last?.dispose();
      last = value;
      params = next;
      await blockUntilReady(params);
    },
    loss: async () => (await last?.ref.data())?.[0] ?? Number.NaN,
  };
};

/** Images are (examples, channels, height, width). */
function forward(
  { spec, inputShape }: ProblemLayer,
  params: readonly JaxArray[],
  values: JaxArray,
): JaxArray {
  const [rows = 0, channels = 0, height = 0, width = 0] = values.shape;
  if (spec.type === "dense")
    return activate(spec.activation, numpy.matmul(values, at(params, 0)).add(at(params, 1)));
  if (spec.type === "conv2d") {
    if (typeof spec.padding !== "number") throw new CannotRun("this program pads by a number on jax-js");
    const pad = [spec.padding, spec.padding] as const;
    const bias = at(params, 1).reshape([1, spec.filters, 1, 1]);
    const sums = lax.conv(values, at(params, 0), [spec.stride, spec.stride], [pad, pad]);
    return activate(spec.activation, sums.add(bias));
  }
  if (spec.type === "maxPool2d") {
    const { size } = spec;
    return numpy.max(values.reshape([rows, channels, height / size, size, width / size, size]), [3, 5]);
  }
  spec.type satisfies "flatten";
  const flat = inputShape.length === 3 ? values.transpose([0, 2, 3, 1]) : values;
  return flat.reshape([rows, channels * height * width]);
}

function activate(activation: string, values: JaxArray): JaxArray {
  if (activation === "linear") return values;
  if (activation === "relu") return nn.relu(values);
  throw new CannotRun(`this program does not build ${activation} on jax-js`);
}

function at(arrays: readonly JaxArray[], index: number): JaxArray {
  const array = arrays[index];
  if (array === undefined) throw new RangeError(`no array ${index}`);
  return array;
}
