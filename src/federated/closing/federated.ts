import { EdgepropError } from "../../errors.ts";
import type { ClientUpdate, Report } from "../../frames/index.ts";
import type { UpdateCodec } from "../filters/update-codec.ts";
import type {
  MeanStrategy,
  RoundMean,
  ServerStep,
  Strategy,
  UpdatesStrategy,
} from "../strategies/strategy.ts";
import type { RunSpec } from "../types.ts";
import { createDeltaSum } from "./delta-sum.ts";
import type { DeltaSum } from "./delta-sum.ts";
import { readContent } from "./read-content.ts";
import type { NextRound, RoundCloser, StoredRound } from "./types.ts";

export interface FederatedParts {
  readonly strategy: Strategy;
  readonly codec: UpdateCodec;
  readonly numParams: number;
}

/** The strategy's step along the round's updates. */
export function closeFederated(
  kernels: WebAssembly.Module,
  spec: RunSpec,
  { strategy, codec, numParams }: FederatedParts,
): RoundCloser {
  const sum = createDeltaSum(kernels, { numParams, capacity: spec.cohortSize + spec.overselection });
  const { problemWith, next } = combine(strategy, { spec, codec, sum });
  return {
    read: (bytes) => readContent(bytes, { decode: codec.decode, problemWith, maxExamples: spec.maxExamples }),

    close(round, stored) {
      const state = stored.state ?? strategy.initialState?.(spec.strategy, numParams) ?? new Float32Array();
      const step = next(round, { ...stored, state });
      checkStep(strategy.name, step, { numParams, stateLength: state.length, sum });
      return step;
    },
  };
}

/** What differs between the kinds of strategies. */
interface Combination {
  /** Why the update cannot count, or null. */
  readonly problemWith: (update: ClientUpdate) => string | null;
  readonly next: (round: ClosingRound, stored: StartedRound) => NextRound;
}

type ClosingRound = Parameters<RoundCloser["close"]>[0];
type StartedRound = StoredRound & ServerStep;

interface Combining {
  readonly spec: RunSpec;
  readonly codec: UpdateCodec;
  readonly sum: DeltaSum;
}

function combine(strategy: Strategy, combining: Combining): Combination {
  switch (strategy.combines) {
    case "mean":
      return combineMean(strategy, combining);
    case "updates":
      return combineUpdates(strategy, combining);
    default:
      return strategy satisfies never;
  }
}

function combineMean(strategy: MeanStrategy, { spec, codec, sum }: Combining): Combination {
  return {
    problemWith: (update) => sum.problemWith(update.delta, weigh(strategy, update)),
    next({ round, updates }, { params, state, readUpdate }) {
      sum.clear();
      let totalWeight = 0;
      for (const [part, record] of Object.entries(updates)) {
        const weight = weigh(strategy, record);
        sum.add(codec.decode(readUpdate(part)).delta, weight);
        totalWeight += weight;
      }
      const mean: RoundMean = {
        values: () => sum.applyTo(new Float32Array(params.length), 1 / totalWeight),
        addTo: (values, scale) => sum.applyTo(values, scale / totalWeight),
      };
      return strategy.next(spec.strategy, { params, state, round, mean });
    },
  };
}

function combineUpdates(strategy: UpdatesStrategy, { spec, codec, sum }: Combining): Combination {
  return {
    problemWith: ({ delta }) => (sum.areFinite(delta) ? null : "the delta holds a value that is not finite"),
    next({ round, updates }, { params, state, readUpdate }) {
      const sorted = Object.entries(updates).toSorted(([a], [b]) => (a < b ? -1 : 1));
      const read = sorted.map(([part, { client }]) => ({ client, ...codec.decode(readUpdate(part)) }));
      return strategy.next(spec.strategy, { params, state, round, updates: read });
    },
  };
}

function weigh(strategy: MeanStrategy, report: Report): number {
  const weight = strategy.weightOf(report);
  if (Number.isSafeInteger(weight) && weight > 0) return weight;
  throw new EdgepropError(
    "bad-option",
    `strategy "${strategy.name}" weighs an update ${weight}; expected a positive integer`,
  );
}

interface Expected {
  readonly numParams: number;
  readonly stateLength: number;
  readonly sum: DeltaSum;
}

function checkStep(name: string, step: ServerStep, { numParams, stateLength, sum }: Expected): void {
  for (const [what, values, length] of [
    ["params", step.params, numParams],
    ["state", step.state, stateLength],
  ] as const) {
    if (values.length !== length) {
      throw new EdgepropError(
        "bad-shape",
        `strategy "${name}" gave ${what} of ${values.length} values; expected ${length}`,
      );
    }
    if (sum.areFinite(values)) continue;
    throw new EdgepropError(
      "non-finite",
      `strategy "${name}" gave ${what} that are not finite; lower its learning rate`,
    );
  }
}
