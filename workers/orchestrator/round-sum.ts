import { errorCode } from "../../src/errors.ts";
import { createWeightedMean, toStrategy } from "../../src/federated/index.ts";
import type { RoundState, RunSpec, UpdateRecord } from "../../src/federated/index.ts";
import { countParams, paramsLayout } from "../../src/model/index.ts";
import { decodeParams, decodeStatistics, decodeUpdate } from "../../src/protocol/index.ts";
import {
  createDirectionOptimizer,
  createStatisticsSolver,
  loadKernels,
  statisticsTensors,
} from "../../src/workerd.ts";

/** Reads updates and turns a round's into the next params, for one RunSpec. */
export interface RoundSum {
  /** The record of an update that can count, or why it cannot. */
  read(bytes: Uint8Array): Read;
  /** What the next round starts from, from the updates of this one in any order. */
  close(round: RoundState, stored: StoredRound): ClosedRound;
}

export interface ClosedRound {
  readonly params: Float32Array;
  /** Empty for an optimizer that keeps nothing. */
  readonly optimizer: Uint8Array;
}

type Read =
  | { readonly isValid: true; readonly record: Omit<UpdateRecord, "client"> }
  | { readonly isValid: false; readonly reason: string };

interface StoredRound {
  readonly params: Uint8Array;
  /** The server optimizer's state; null before the first step and for an optimizer that keeps none. */
  readonly optimizer: Uint8Array | null;
  readonly readUpdate: (part: string) => Uint8Array;
}

export function createRoundSum(spec: RunSpec): RoundSum {
  if (spec.minibatch?.exchange === "statistics") return statisticsSum(spec);
  return spec.mode === "minibatch" ? directionSum(spec) : federatedSum(spec);
}

/** params += serverLearningRate x the weighted mean of the deltas. */
function federatedSum(spec: RunSpec): RoundSum {
  const deltas = createWeightedSum(spec);
  const layout = paramsLayout(spec.model);
  const { serverLearningRate } = toStrategy(spec.strategy);
  return {
    read: deltas.read,
    close(round, stored) {
      const params = decodeParams(layout, stored.params);
      return {
        params: deltas.addMean(round, stored, { to: params, scale: serverLearningRate }),
        optimizer: new Uint8Array(),
      };
    },
  };
}

/** The optimizer's step along the mean of the shards' directions, weighted by their examples. */
function directionSum(spec: RunSpec): RoundSum {
  const directions = createWeightedSum(spec);
  const takeStep = createServerStep(spec);
  const zeros = new Float32Array(countParams(spec.model));
  return {
    read: directions.read,
    close: (round, stored) =>
      takeStep(directions.addMean(round, stored, { to: zeros, scale: 1 }), round, stored),
  };
}

/** The optimizer's step along the exact direction of the whole batch. */
function statisticsSum(spec: RunSpec): RoundSum {
  const { model } = spec;
  const { rule } = spec.training;
  const layout = statisticsTensors(model, rule);
  const solver = createStatisticsSolver(loadKernels(), model, rule);
  const takeStep = createServerStep(spec);
  return {
    read: (bytes) =>
      reading(() => {
        const { sums, numExamples, loss } = decodeStatistics(layout, bytes);
        const problem = solver.problemWith(sums, spec.cohortSize);
        return problem === null
          ? { isValid: true, record: { numExamples, loss, sizeBytes: bytes.length } }
          : { isValid: false, reason: problem };
      }),
    close(round, stored) {
      solver.clear();
      let numExamples = 0;
      for (const [part, record] of Object.entries(round.updates)) {
        solver.add(decodeStatistics(layout, stored.readUpdate(part)).sums);
        numExamples += record.numExamples;
      }
      return takeStep(solver.solve(numExamples), round, stored);
    },
  };
}

function createWeightedSum(spec: RunSpec) {
  const layout = paramsLayout(spec.model);
  const mean = createWeightedMean(loadKernels(), spec, countParams(spec.model));
  return {
    read: (bytes: Uint8Array): Read =>
      reading(() => {
        const update = decodeUpdate(layout, bytes);
        const problem = mean.problemWith(update);
        if (problem !== null) return { isValid: false, reason: problem };
        const { numExamples, loss } = update;
        return { isValid: true, record: { numExamples, loss, sizeBytes: bytes.length } };
      }),

    /** to + scale x the weighted mean */
    addMean(
      { updates }: RoundState,
      { readUpdate }: StoredRound,
      { to, scale }: { to: Float32Array; scale: number },
    ) {
      function* read() {
        for (const [part, { numExamples }] of Object.entries(updates)) {
          yield { delta: decodeUpdate(layout, readUpdate(part)).delta, numExamples };
        }
      }
      return mean.addTo(to, read(), scale);
    },
  };
}

/** The server's optimizer: rounds are its steps. */
function createServerStep({ model, training }: RunSpec) {
  const layout = paramsLayout(model);
  const optimizer = createDirectionOptimizer(loadKernels(), training.optimizer, countParams(model));
  return (direction: Float32Array, { round }: RoundState, stored: StoredRound) => {
    const state = new Float32Array((stored.optimizer ?? new Uint8Array()).slice().buffer);
    const next = optimizer.apply({ params: decodeParams(layout, stored.params), state }, direction, round);
    return { params: next.params, optimizer: new Uint8Array(next.state.buffer) };
  };
}

/** What is wrong with a client's bytes is an answer to it, not a failure of ours. */
function reading(read: () => Read): Read {
  try {
    return read();
  } catch (error) {
    if (errorCode(error) === undefined || !(error instanceof Error)) throw error;
    return { isValid: false, reason: error.message };
  }
}
