import { readFields } from "../checks/field-reader.ts";
import { EdgepropError } from "../errors.ts";
import { hasStatistics } from "../exchange/index.ts";
import { toModel } from "../model/index.ts";
import type { Model } from "../model/index.ts";
import { bindLearning, bindLoss } from "../training/index.ts";
import { parseFilters } from "./filters/parse-filters.ts";
import type { FilterSpec } from "./filters/update-filter.ts";
import { pickByName } from "./pick-by-name.ts";
import { allRunSets } from "./sets.ts";
import type { RunSets } from "./sets.ts";
import type { StrategySet, StrategySpec } from "./strategies/strategy.ts";
import type { RunSpec } from "./types.ts";

type Defaulted =
  | "mode"
  | "overselection"
  | "minUpdates"
  | "roundTimeoutMs"
  | "leaseMs"
  | "maxExtensions"
  | "maxExamples"
  | "seed";

/** A name of the sets with any of its options, of which each has a default. */
type Named<S extends { readonly name: string }> =
  | S
  | { readonly name: string; readonly [option: string]: unknown };

export interface RunSpecInput
  extends Omit<RunSpec, Defaulted | "strategy" | "filters">, Partial<Pick<RunSpec, Defaulted>> {
  /** Default "fedavg". */
  readonly strategy?: Named<StrategySpec>;
  readonly filters?: readonly Named<FilterSpec>[];
}

/**
 * Fills in the defaults, in this one place, and checks what a schema cannot: how the numbers fit together, and that
 * `sets` have what is named. Throws `bad-option`.
 *
 * @example
 * ```ts
 * const training = { rule: backprop(), optimizer: sgd({ learningRate: 0.1 }), batchSize: 2, localEpochs: 1 };
 * const spec = createRunSpec({ model, loss: "softmaxCrossEntropy", training, rounds: 3, cohortSize: 2 });
 * console.log(spec.strategy.name); // fedavg
 * ```
 */
export function createRunSpec(input: RunSpecInput, sets: RunSets = allRunSets): RunSpec {
  const mode = input.mode ?? "federated";
  const { strategy, filters: named, ...rest } = input;
  const filters = parseFilters(named, sets.filters);
  const model = toModel(input.model, sets);
  const { rule, optimizer } = bindLearning(sets, input.training);
  bindLoss(input.loss, sets);
  const spec: RunSpec = {
    strategy: parseStrategy(strategy, sets.strategies),
    overselection: 0,
    // A step of the whole batch needs every shard.
    minUpdates: mode === "minibatch" ? input.cohortSize : Math.max(1, Math.ceil(input.cohortSize / 2)),
    roundTimeoutMs: 600_000,
    leaseMs: 60_000,
    maxExtensions: 6,
    maxExamples: 1_000_000,
    seed: 1,
    ...rest,
    model,
    training: { ...input.training, rule: rule.spec, optimizer: optimizer.spec },
    ...(filters === undefined ? {} : { filters }),
    mode,
  };
  if (spec.minUpdates > spec.cohortSize) {
    throw bad(`minUpdates is ${spec.minUpdates}; expected at most cohortSize, ${spec.cohortSize}`);
  }
  if (mode === "minibatch") checkMinibatch(spec, model);
  else if (spec.minibatch !== undefined) throw bad('minibatch is set; expected mode "minibatch" with it');
  return spec;
}

function parseStrategy(given: StrategySpec | undefined, set: StrategySet): StrategySpec {
  const fields = readFields(given ?? { name: "fedavg" }, "strategy");
  const named = { path: "strategy.name", code: "bad-option" } as const;
  return pickByName(set, fields.raw("name"), named).parse(fields);
}

function checkMinibatch(
  { minibatch, training, cohortSize, overselection, minUpdates, strategy, filters }: RunSpec,
  { placed }: Model,
): void {
  if (minibatch === undefined)
    throw bad('minibatch is missing; expected { exchange, numExamples } in mode "minibatch"');
  if (strategy.name !== "fedavg") {
    throw bad(
      `strategy.name is "${strategy.name}" in mode "minibatch", whose rounds are steps of training.optimizer; leave it out`,
    );
  }
  if (filters !== undefined && minibatch.exchange === "statistics") {
    throw bad(
      'filters are set and minibatch.exchange is "statistics", whose sums are integers as they are; leave them out, or take "direction"',
    );
  }
  for (const layer of placed) {
    const { index, spec, params } = layer;
    if (params.some(({ isTrained }) => !isTrained)) {
      throw bad(
        `mode is "minibatch" and layers[${index}] is a ${spec.type} layer, whose running statistics no shard's direction moves; take mode "federated", or layerNorm`,
      );
    }
    if (minibatch.exchange === "statistics" && !hasStatistics(layer)) {
      throw bad(
        `minibatch.exchange is "statistics" and layers[${index}] is a ${spec.type} layer; statistics are for dense layers, take "direction"`,
      );
    }
  }
  const { batchSize, localEpochs } = training;
  if (batchSize > minibatch.numExamples) {
    throw bad(`training.batchSize is ${batchSize}; the dataset has ${minibatch.numExamples} examples`);
  }
  if (cohortSize > batchSize)
    throw bad(`cohortSize is ${cohortSize}; a batch of ${batchSize} has no more shards than examples`);
  if (overselection !== 0 || minUpdates !== cohortSize || localEpochs !== 1) {
    throw bad(
      "a minibatch round is one step of every shard: leave out overselection, minUpdates and localEpochs",
    );
  }
}

function bad(message: string): EdgepropError {
  return new EdgepropError("bad-option", message);
}
