import type { Dataset } from "../../data/index.ts";
import { EdgepropError } from "../../errors.ts";
import { countParams, describeModel } from "../../model/index.ts";
import type { Loss, ModelSpec, RuleSpec } from "../../model/index.ts";
import { createArena, planBuffers } from "../../runtime/index.ts";
import { createBatchLoader } from "../batches/batch-loader.ts";
import { buildStep } from "../step/build-step.ts";
import type { Optimizer } from "../options/types.ts";
import { activationsName, planMemory } from "../step/plan-memory.ts";
import { countStatistics, statisticsLayout } from "./statistics-layout.ts";
import { checkParams } from "../options/trainer-options.ts";

export interface StatisticsOptions {
  readonly loss: Loss;
  readonly rule: RuleSpec;
  readonly params: Float32Array;
}

export interface Statistics {
  /** In units of 2^-32, in the order of statisticsLayout: sums over examples, of gradients of their own losses. */
  readonly sums: BigInt64Array;
  readonly numExamples: number;
  readonly lossSum: number;
}

/** A sum in fixed point holds less than this. */
const sumLimit = 2 ** 31;

/**
 * What a machine contributes to the exact step of a batch that is spread over many (DESIGN of the sums:
 * docs/proxprop.md). Exactly additive: the sums of two shards are, integer by integer, those of the whole.
 */
export function collectStatistics(
  module: WebAssembly.Module,
  model: ModelSpec,
  { dataset, loss, rule, params }: StatisticsOptions & { readonly dataset: Dataset },
): Statistics {
  checkParams(params, countParams(model));
  const layout = statisticsLayout(model, rule);
  const arena = createArena(module, planStatistics(model, { loss, rule }));
  const { kernels } = arena;
  const layers = describeModel(model);
  const outputSize = layers.at(-1)?.outputSize ?? 0;
  const loader = createBatchLoader(arena, { inputSize: layers[0]?.inputSize ?? 0, outputSize, loss });
  loader.checkDataset(dataset);
  if (dataset.weights !== undefined) {
    throw new EdgepropError(
      "unsupported",
      'the dataset has weights; the exchange "statistics" counts each example once, take "direction"',
    );
  }
  arena.floats("params").set(params);

  /** One example at a time: the mean of one loss is the loss, so that gradients do not depend on the shard. */
  const step = buildStep(arena, model, { loss, rule: { name: "backprop" }, batchSize: 1, rows: 1 });
  const sums = arena.at("sums");
  const { numExamples } = dataset;
  let lossSum = 0;
  for (let example = 0; example < numExamples; example++) {
    const loaded = loader.loadRange(dataset, example, example + 1);
    for (const call of step.forward) call();
    lossSum += step.loss(loaded);
    // From the last layer down: gradient buffers may take turns, so a layer's is read before it is written over.
    for (const [index, { calls, outputGradient }] of [...step.propagate.entries()].toReversed()) {
      for (const call of calls) call();
      const place = layout.find(({ layer }) => layer.index === index);
      if (place === undefined) continue;
      const { layer, gram, right } = place;
      const input = layer.index === 0 ? "inputs" : activationsName(layer.index - 1);
      checkRange(input, layer.inputSize);
      kernels.addStatistics(
        1,
        layer.inputSize,
        layer.outputSize,
        arena.at(input),
        outputGradient,
        arena.at("row"),
        gram === null ? 0 : sums + 8 * gram.offset,
        sums + 8 * right.offset,
      );
    }
  }
  return { sums: new BigInt64Array(arena.bytes("sums").slice().buffer), numExamples, lossSum };

  function checkRange(name: string, size: number): void {
    const largest = kernels.largestMagnitude(size, arena.at(name));
    if (largest ** 2 * numExamples < sumLimit) return;
    throw new EdgepropError(
      "non-finite",
      `a value of ${largest} in ${name}: its square, ${numExamples} times, does not fit a sum below ${sumLimit}; scale the inputs or lower the learning rate`,
    );
  }
}

function planStatistics(model: ModelSpec, { loss, rule }: { readonly loss: Loss; readonly rule: RuleSpec }) {
  const optimizer: Optimizer = { name: "sgd", learningRate: 1, momentum: 0, nesterov: false, weightDecay: 0 };
  const { buffers } = planMemory(model, { loss, rule: { name: "backprop" }, optimizer, batchSize: 1 });
  const widest = Math.max(...describeModel(model).map(({ inputSize }) => inputSize));
  return planBuffers([
    ...buffers,
    { name: "row", bytes: 4 * (widest + 1) },
    { name: "sums", bytes: 8 * countStatistics(model, rule) },
  ]);
}
