import type { Dataset } from "../data/index.ts";
import { EdgepropError } from "../errors.ts";
import type { RuleSpec } from "../kinds/rule-type.ts";
import { bindRule, planLayers } from "../model/index.ts";
import type { Model } from "../model/index.ts";
import { backprop } from "../rules/index.ts";
import { createArena, planBuffers } from "../runtime/index.ts";
import { createBatchChecks } from "../training/batches/batch-checks.ts";
import { createBatchLoader } from "../training/batches/batch-loader.ts";
import { bindLoss, checkParams } from "../training/options/trainer-options.ts";
import type { Loss } from "../training/options/trainer-types.ts";
import { buildStep } from "../training/step/build-step.ts";
import { activationsName, planMemoryOf } from "../training/step/plan-memory.ts";
import { countStatistics, statisticsLayout } from "./statistics-layout.ts";

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
 *
 * @example
 * ```ts
 * const given = { dataset, loss: "softmaxCrossEntropy", rule: proxProp({ tau: 1 }), params: await trainer.getParams() };
 * const { sums, lossSum } = collectStatistics(loadKernels(), model, given);
 * ```
 */
export function collectStatistics(
  module: WebAssembly.Module,
  model: Model,
  { dataset, loss: lossSpec, rule, params }: StatisticsOptions & { readonly dataset: Dataset },
): Statistics {
  checkParams(params, model.numParams);
  const loss = bindLoss(lossSpec, model.sets);
  const layout = statisticsLayout(model, rule);
  createBatchChecks(model, loss).checkDataset(dataset);
  if (dataset.weights !== undefined) {
    throw new EdgepropError(
      "unsupported",
      'the dataset has weights; the exchange "statistics" counts each example once, take "direction"',
    );
  }
  // The statistics are of plain gradients, whatever the rule makes of them on the server.
  const plain = { rule: bindRule(backprop(), "rule", model.sets.rules), batchSize: 1 };
  const { buffers } = planMemoryOf(model, { loss, batchSize: 1, learning: plain });
  const widest = Math.max(...model.placed.map(({ inputSize }) => inputSize));
  const arena = createArena(
    module,
    planBuffers([
      ...buffers,
      { name: "row", bytes: 4 * (widest + 1) },
      { name: "sums", bytes: 8 * countStatistics(model, rule) },
    ]),
  );
  const { kernels } = arena;
  const loader = createBatchLoader(arena, model, { loss });
  arena.floats("params").set(params);

  /** One example at a time: the mean of one loss is the loss, so that gradients do not depend on the shard. */
  const step = buildStep(arena, model, { loss, plans: planLayers(model, plain), rows: 1 });
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
      const place = layout.find(({ plan }) => plan.layer.index === index);
      if (place === undefined) continue;
      const { gram, right } = place;
      const { layer } = place.plan;
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
