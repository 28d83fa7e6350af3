import { describe, it } from "vitest";
import { parseOptions } from "../../bench/federated/options.ts";
import { bestOfEach, toRatios, toRows, toRun } from "../../bench/federated/summary.ts";
import type { Run } from "../../bench/federated/summary.ts";

const rounds = 3;

function runOf(rule: Run["rule"], setting: string, accuracies: readonly number[]): Run {
  return toRun({ accuracies }, { alpha: 0.5, seed: 1, rule, setting, rounds });
}

describe("the federated benchmark's summary", () => {
  it("counts the first round at 97 %, and one more than there are where none is", ({ expect }) => {
    expect(runOf("proxprop", "a", [0.9, 0.97, 0.96])).toMatchObject({ roundsTo97: 2, accuracy10: 0.96 });
    expect(runOf("proxprop", "a", [0.9, 0.9699, 0.9699])).toMatchObject({
      roundsTo97: 4,
      accuracy10: 0.9699,
    });
    expect(runOf("proxprop", "a", [])).toMatchObject({ roundsTo97: 4, accuracy10: 0 });
  });

  it("takes as best the fewest mean rounds, then the highest accuracy, over all seeds", ({ expect }) => {
    const rows = toRows(
      [
        runOf("proxprop", "fast", [0.98, 0.98, 0.98]),
        runOf("proxprop", "slow", [0.9, 0.98, 0.99]),
        runOf("backprop-sgd", "even", [0.9, 0.98, 0.98]),
        runOf("backprop-sgd", "uneven", [0.98, 0.99, 0.99]),
        runOf("backprop-sgd", "uneven", [0.9, 0.9, 0.98]),
        runOf("backprop-adam", "never", [0.9, 0.9, 0.9]),
      ],
      rounds,
    );
    const best = bestOfEach(rows);
    expect(best).toMatchObject([
      { rule: "proxprop", setting: "fast", meanRoundsTo97: 1, reached97: 1 },
      { rule: "backprop-sgd", setting: "uneven", meanRoundsTo97: 2, roundsTo97: { min: 1, max: 3 } },
      { rule: "backprop-adam", setting: "never", meanRoundsTo97: 4, reached97: 0 },
    ]);
    expect(best[1]?.roundsTo97.standardDeviation).toBeCloseTo(Math.SQRT2);
    expect(toRatios(best)).toEqual([{ alpha: 0.5, rounds: 1 / 2, accuracyGain: expect.closeTo(-0.005) }]);
  });
});

describe("its options", () => {
  it("default to the whole task", ({ expect }) => {
    const whole = { json: false, seeds: [1, 2, 3, 4, 5], rounds: 10, alphas: [0.5, 0.1], samples: 60_000 };
    expect(parseOptions(["--json"])).toEqual({ ...whole, json: true });
    expect(parseOptions(["--seeds", "2", "--alphas", "1"])).toEqual({ ...whole, seeds: [1, 2], alphas: [1] });
  });

  it("are refused where they say nothing", ({ expect }) => {
    for (const options of [
      ["--seeds", "0"],
      ["--rounds", "x"],
      ["--alphas", "0.5,"],
      ["--samples"],
      ["-q"],
    ]) {
      expect(() => parseOptions(options)).toThrow(expect.objectContaining({ code: "bad-option" }));
    }
  });
});
