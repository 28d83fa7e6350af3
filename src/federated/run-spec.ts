import { EdgepropError } from "../errors.ts";
import type { LayerSpec } from "../model/index.ts";
import { fedAvg } from "./strategies.ts";
import type { RunSpec } from "./types.ts";

type Defaulted =
  | "mode"
  | "strategy"
  | "overselection"
  | "minUpdates"
  | "roundTimeoutMs"
  | "leaseMs"
  | "maxExtensions"
  | "maxExamples"
  | "seed";
export type RunSpecInput = Omit<RunSpec, Defaulted> & Partial<Pick<RunSpec, Defaulted>>;

/** Fills in the defaults, in this one place, and checks what a schema cannot: how the numbers fit together. */
export function createRunSpec(input: RunSpecInput): RunSpec {
  const mode = input.mode ?? "federated";
  const spec: RunSpec = {
    strategy: fedAvg(),
    overselection: 0,
    // A step of the whole batch needs every shard.
    minUpdates: mode === "minibatch" ? input.cohortSize : Math.max(1, Math.ceil(input.cohortSize / 2)),
    roundTimeoutMs: 600_000,
    leaseMs: 60_000,
    maxExtensions: 6,
    maxExamples: 1_000_000,
    seed: 1,
    ...input,
    mode,
  };
  if (spec.minUpdates > spec.cohortSize) {
    throw bad(`minUpdates is ${spec.minUpdates}; expected at most cohortSize, ${spec.cohortSize}`);
  }
  if (mode === "minibatch") checkMinibatch(spec);
  else if (spec.minibatch !== undefined) throw bad('minibatch is set; expected mode "minibatch" with it');
  return spec;
}

function checkMinibatch({
  model,
  minibatch,
  training,
  cohortSize,
  overselection,
  minUpdates,
}: RunSpec): void {
  if (minibatch === undefined)
    throw bad('minibatch is missing; expected { exchange, numExamples } in mode "minibatch"');
  for (const [index, { type }] of model.layers.entries()) {
    if (type === "batchNorm") {
      throw bad(
        `mode is "minibatch" and layers[${index}] is a batchNorm layer, whose running statistics no shard's direction moves; take mode "federated", or layerNorm`,
      );
    }
    if (minibatch.exchange === "statistics" && !isForStatistics(type)) {
      throw bad(
        `minibatch.exchange is "statistics" and layers[${index}] is a ${type} layer; statistics are for dense layers, take "direction"`,
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

/** Dense layers, and those without params that treat every example alike, whatever shard it is in. */
function isForStatistics(type: LayerSpec["type"]): boolean {
  switch (type) {
    case "dense":
    case "maxPool2d":
    case "avgPool2d":
    case "globalAvgPool2d":
    case "globalAvgPool1d":
    case "flatten":
      return true;
    case "conv2d":
    case "depthwiseConv2d":
    case "batchNorm":
    case "layerNorm":
    case "dropout":
    case "embedding":
    case "custom":
      return false;
    default:
      return type satisfies never;
  }
}

function bad(message: string): EdgepropError {
  return new EdgepropError("bad-option", message);
}
