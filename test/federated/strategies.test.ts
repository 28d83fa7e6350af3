import { readFileSync } from "node:fs";
import { join } from "node:path";
import { dense, loadKernels, sequential } from "edgeprop";
import { allRunSets, allStrategies, createRoundCloser, createRunSpec, fedAvg } from "edgeprop/federated";
import type { MeanStrategy, NamedUpdate, StrategySet, UpdatesStrategy } from "edgeprop/federated";
import { describe, it } from "vitest";
import { fedadam } from "../../examples/custom-strategy/fed-adam.ts";
import { strategySuite } from "../suites/strategies.ts";
import { createClosing, firstParams, numParams } from "../support/closing.ts";
import { smallRun } from "../support/run.ts";

/** A user's own that sees single updates: the middle of three values, per coordinate. */
const median: UpdatesStrategy = {
  name: "median",
  combines: "updates",
  parse(fields) {
    fields.allowOnly(["name"]);
    return { name: "median" };
  },
  next: (_, { params, state, updates }) => ({
    params: params.map(
      (param, i) => param + (updates.map(({ delta }) => delta[i] ?? 0).toSorted((a, b) => a - b)[1] ?? 0),
    ),
    state,
  }),
};

strategySuite(allStrategies);
strategySuite({ fedadam, median });

const setsWith = (strategies: StrategySet) => ({ ...allRunSets, strategies });

describe("FedAvg", () => {
  it("rounds params + rate x mean once", ({ expect }) => {
    const closing = createClosing({ strategy: fedAvg({ serverLearningRate: 0.37 }) });
    const updates: NamedUpdate[] = [1, 3].map((numExamples, index) => ({
      client: `c${index}`,
      delta: Float32Array.from({ length: numParams }, (_, i) => (i + 1) / 16 - index),
      numExamples,
      loss: 1,
    }));
    const { params, state } = closing.close(1, firstParams, updates);
    expect(state).toHaveLength(0);
    // The deltas are multiples of 1/16: their sum is exact in fixed point.
    const expected = firstParams.params.map((param, i) => {
      const sum = (i + 1) / 16 + 3 * ((i + 1) / 16 - 1);
      return Math.fround(param + (0.37 / 4) * sum);
    });
    expect(params).toEqual(expected);
  });

  it("is the default, with the spec that runs have always been stored with", ({ expect }) => {
    expect(createRunSpec(smallRun).strategy).toEqual({ name: "fedavg", serverLearningRate: 1 });
    expect(fedAvg()).toEqual({ name: "fedavg", serverLearningRate: 1 });
  });

  it.for([0, -1, Number.NaN, "1"])("refuses %j for its learning rate", (serverLearningRate, { expect }) => {
    expect(() => createRunSpec({ ...smallRun, strategy: { name: "fedavg", serverLearningRate } })).toThrow(
      expect.objectContaining({
        code: "bad-option",
        message: expect.stringContaining("strategy.serverLearningRate"),
      }),
    );
  });
});

describe("a user's FedAdam", () => {
  it("computes the golden rounds", ({ expect }) => {
    const file = join(import.meta.dirname, "../vectors/strategies/fedadam-plain.json");
    const golden = JSON.parse(readFileSync(file, "utf8")) as Golden;
    const { initialAccumulator: _, biasCorrection: __, ...options } = golden.strategy;
    const units = golden.params.length / 2;
    const model = sequential({ input: [1] }, [dense(units)]);
    const closing = createClosing({ model, strategy: options, cohortSize: 8 }, setsWith({ fedadam }));
    let kept: Parameters<typeof closing.close>[1] = { params: Float32Array.from(golden.params), state: null };
    for (const [index, { updates, expect: expected }] of golden.rounds.entries()) {
      const named = updates.map(({ delta, ...update }) => ({ ...update, delta: Float32Array.from(delta) }));
      kept = closing.close(index + 1, kept, named);
      const largest = Math.max(1, ...expected.params.map(Math.abs));
      for (const [i, value] of kept.params.entries()) {
        // State in float32, the mean in fixed point of 2^-32: within the vectors' own tolerance.
        expect(Math.abs(value - (expected.params[i] ?? 0))).toBeLessThan(1e-6 * largest);
      }
    }
  });
});

interface Golden {
  readonly strategy: { readonly name: string } & Record<string, unknown>;
  readonly params: readonly number[];
  readonly rounds: readonly {
    readonly updates: readonly { client: string; delta: number[]; numExamples: number; loss: number }[];
    readonly expect: { readonly params: readonly number[] };
  }[];
}

describe("a strategy that cannot be", () => {
  it("is refused when the run is created, naming what the set has", ({ expect }) => {
    for (const name of ["fedprox", "constructor", 7]) {
      const strategy = { name } as { name: string };
      expect(() => createRunSpec({ ...smallRun, strategy }, setsWith({ ...allStrategies, fedadam }))).toThrow(
        expect.objectContaining({
          code: "bad-option",
          message: `strategy.name is ${JSON.stringify(name)}; expected one of "fedavg", "fedadam"`,
        }),
      );
    }
  });

  it("is refused under another name than its own", ({ expect }) => {
    const strategy = { name: "fedAdam" };
    expect(() => createRunSpec({ ...smallRun, strategy }, setsWith({ fedAdam: fedadam }))).toThrow(
      /named "fedadam"/,
    );
  });

  it("is refused in a minibatch run, which does not ask it", ({ expect }) => {
    const minibatch = { exchange: "direction", numExamples: 8 } as const;
    const input = { ...smallRun, mode: "minibatch", minibatch, strategy: { name: "fedadam" } } as const;
    expect(() => createRunSpec(input, setsWith({ ...allStrategies, fedadam }))).toThrow(/leave it out/);
  });

  it("is missed when a round is closed by who was not handed it", ({ expect }) => {
    const spec = createRunSpec({ ...smallRun, strategy: { name: "fedadam" } }, setsWith({ fedadam }));
    expect(() => createRoundCloser(loadKernels(), spec)).toThrow(
      expect.objectContaining({ code: "unsupported", message: expect.stringContaining('"fedavg"') }),
    );
  });
});

describe("a strategy that errs", () => {
  const base: MeanStrategy = {
    name: "mine",
    combines: "mean",
    parse: () => ({ name: "mine" }),
    weightOf: () => 1,
    next: (_, { params, state }) => ({ params, state }),
  };
  const closeWith = (mine: Partial<MeanStrategy>) =>
    createClosing({ strategy: { name: "mine" } }, setsWith({ mine: { ...base, ...mine } })).close(
      1,
      firstParams,
    );

  it.for([
    [
      "params of another length",
      { next: () => ({ params: new Float32Array(3), state: new Float32Array() }) },
      "bad-shape",
    ],
    [
      "state nobody declared",
      {
        next: (_: unknown, { params }: { params: Float32Array }) => ({ params, state: new Float32Array(1) }),
      },
      "bad-shape",
    ],
    [
      "NaN",
      { next: () => ({ params: new Float32Array(numParams).fill(Number.NaN), state: new Float32Array() }) },
      "non-finite",
    ],
    [
      "infinite state",
      {
        initialState: () => new Float32Array(9),
        next: (_: unknown, { params }: { params: Float32Array }) => ({
          params,
          state: new Float32Array(9).fill(Infinity, 8),
        }),
      },
      "non-finite",
    ],
  ] as const)("by %s fails the round", ([, mine, code], { expect }) => {
    expect(() => closeWith(mine)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining('strategy "mine"') }),
    );
  });

  it.for([0, 0.5, -1, Number.NaN])("by a weight of %d has its updates refused", (weight, { expect }) => {
    expect(() => closeWith({ weightOf: () => weight })).toThrow(
      /weighs an update .*; expected a positive integer/,
    );
  });
});
