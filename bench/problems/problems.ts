import { createRandom } from "../../src/data/index.ts";
import { toModel } from "../../src/index.ts";
import type {
  Conv2dSpec,
  DenseSpec,
  FlattenSpec,
  MaxPool2dSpec,
  ModelSpec,
  PlacedLayer,
} from "../../src/index.ts";

/** The layers that problems have: what every competitor would have to build. */
type ProblemSpec = DenseSpec | Conv2dSpec | MaxPool2dSpec | FlattenSpec;

interface ProblemModel extends ModelSpec {
  readonly layers: readonly ProblemSpec[];
}

/** A layer in its place, as far as it is plain JSON. */
export interface ProblemLayer extends Pick<
  PlacedLayer,
  "index" | "inputShape" | "outputShape" | "inputSize" | "outputSize" | "params"
> {
  readonly spec: ProblemSpec;
}

/** A network to train by SGD on softmax cross-entropy, and how. Plain JSON. */
export interface TrainingCase {
  readonly name: string;
  readonly model: ProblemModel;
  readonly batchSize: number;
  readonly learningRate: number;
  /** Different batches, taken in turn. */
  readonly numBatches: number;
}

/** The same numbers for every competitor. */
export interface TrainingProblem extends TrainingCase {
  readonly layers: readonly ProblemLayer[];
  readonly numClasses: number;
  /** Initial params, flat, in layout order: weights (in, out) or HWIO, then the bias, layer by layer. */
  readonly params: Float32Array;
  readonly batches: readonly TrainingBatch[];
}

export interface TrainingBatch {
  /** (batchSize, inputs), in [0, 1) as pixels are; images NHWC. */
  readonly inputs: Float32Array;
  readonly labels: Int32Array;
}

export function mlpCase(sizes: readonly number[], batchSize: number): TrainingCase {
  const [inputs = 1, ...units] = sizes;
  const layers = units.map((count, index): DenseSpec => ({
    type: "dense",
    units: count,
    activation: index < units.length - 1 ? "relu" : "linear",
  }));
  return {
    name: `mlp-${sizes.join("-")}-b${batchSize}`,
    model: { input: [inputs], layers },
    batchSize,
    learningRate: 0.05,
    numBatches: 16,
  };
}

/** The MLP of Frerix et al. (ICLR 2018) for CIFAR-10, at their batch size. */
export const paperMlp: TrainingCase = {
  ...mlpCase([3072, 4000, 1000, 4000, 10], 500),
  name: "paper-mlp-b500",
  learningRate: 0.01,
  numBatches: 1,
};

/** The ConvNet of the same paper at batch 32. */
export const convnet: TrainingCase = {
  name: "convnet-cifar-b32",
  model: {
    input: [32, 32, 3],
    layers: [
      convolution(16),
      { type: "maxPool2d", size: 2 },
      convolution(20),
      { type: "maxPool2d", size: 2 },
      convolution(20),
      { type: "flatten" },
      { type: "dense", units: 10, activation: "linear" },
    ],
  },
  batchSize: 32,
  learningRate: 0.05,
  numBatches: 4,
};

function convolution(filters: number): Conv2dSpec {
  return { type: "conv2d", filters, kernelSize: 5, stride: 1, padding: 2, activation: "relu" };
}

export function createTrainingProblem(training: TrainingCase): TrainingProblem {
  const { model, batchSize, numBatches } = training;
  const layers = placeLayers(model);
  const inputSize = layers[0]?.inputSize ?? 0;
  const numClasses = layers.at(-1)?.outputSize ?? 0;
  const random = createRandom(1, "bench", training.name);
  const batches = Array.from({ length: numBatches }, () => ({
    inputs: Float32Array.from({ length: batchSize * inputSize }, () => random.uint32() / 2 ** 32),
    labels: Int32Array.from({ length: batchSize }, () => random.below(numClasses)),
  }));
  return { ...training, layers, numClasses, batches, params: initialParams(layers) };
}

function placeLayers(model: ProblemModel): ProblemLayer[] {
  const { placed } = toModel(model);
  return placed.flatMap(({ index, inputShape, outputShape, inputSize, outputSize, params }) => {
    const spec = model.layers[index];
    return spec === undefined ? [] : { index, spec, inputShape, outputShape, inputSize, outputSize, params };
  });
}

/** U(-1 / sqrt(fanIn), 1 / sqrt(fanIn)), PyTorch's default. */
function initialParams(layers: readonly ProblemLayer[]): Float32Array {
  const entries = layers.flatMap(({ params }) => params);
  const values = new Float32Array(entries.reduce((sum, { length }) => sum + length, 0));
  const random = createRandom(1, "params");
  for (const { initial, offset, length } of entries) {
    if (initial.kind !== "uniform") throw new Error(`no initial values of kind ${initial.kind} here`);
    const scale = 2 / Math.sqrt(initial.fanIn) / 2 ** 32;
    for (let i = offset; i < offset + length; i++) values[i] = (random.uint32() - 2 ** 31) * scale;
  }
  return values;
}

/**
 * Floating-point operations of a step's matrix products, per example: forward, dL/dW, and dL/da but for the first
 * layer, 2 each for a multiplication and its addition; a convolution counts as the product with its patches.
 */
export function gemmFlops(layers: readonly ProblemLayer[]): number {
  const first = layers.find(({ params }) => params.length > 0);
  return layers.reduce((sum, layer) => {
    const [weights, bias] = layer.params;
    if (weights === undefined || bias === undefined) return sum;
    const positions = layer.outputSize / bias.length;
    return sum + (layer === first ? 4 : 6) * weights.length * positions;
  }, 0);
}
