import type { LossDefinition, LossSpec } from "edgeprop";
import { lossPerExample } from "edgeprop/core";

export interface RobustScoresSpec extends LossSpec {
  readonly name: "robustScores";
  readonly delta: number;
}

/**
 * How far the score of the class is from 1, and every other one from 0: the sum over the outputs of
 * delta^2 (sqrt(1 + (e / delta)^2) - 1), which is e^2 / 2 near 0 and grows like delta |e|.
 */
export const robustScoresDefinition: LossDefinition<RobustScoresSpec> = {
  name: "robustScores",

  parse(fields) {
    fields.allowOnly(["name", "delta"]);
    return { name: "robustScores", delta: fields.number("delta", { above: 0, byDefault: 1 }) };
  },

  outputs: "classes",
  targets: "indices",

  formula({ delta }, z, [label]) {
    const errors = z.map((score, i) => score - (i === label ? 1 : 0));
    const roots = errors.map((e) => Math.sqrt(1 + (e * e) / (delta * delta)));
    return {
      value: roots.reduce((sum, root) => sum + delta * delta * (root - 1), 0),
      gradient: errors.map((e, i) => e / (roots[i] ?? 1)),
    };
  },
};

export const robustScores = lossPerExample(robustScoresDefinition);
