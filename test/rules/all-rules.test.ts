import { allSets } from "edgeprop";
import type { RuleSpec, RuleType } from "edgeprop";
import { describe } from "vitest";
import { lars, larsRule } from "../../examples/custom-rule/lars.ts";
import { describeRules } from "../suites/kinds/rules.ts";
import { ruleSpecs } from "../support/specs.ts";

describeRules(allSets.rules, ruleSpecs);

interface AveragedRule extends RuleSpec {
  readonly name: "averaged";
  readonly decay: number;
}

/** A rule with state: a running mean of the layer's gradient. */
const averaged: RuleType<AveragedRule> = {
  name: "averaged",
  parse(fields) {
    fields.allowOnly(["name", "decay"]);
    return { name: "averaged", decay: fields.number("decay", { from: 0, below: 1, byDefault: 0.9 }) };
  },
  state: (_, { layer: { params } }) => [
    {
      name: "mean",
      length: params.reduce((sum, { isTrained, length }) => sum + (isTrained ? length : 0), 0),
    },
  ],
  direction: ({ decay }, layer) => [
    ...layer.gradient(),
    () => {
      const {
        direction,
        state: { mean = new Float32Array() },
      } = layer.values();
      for (const [i, gradient] of direction.entries()) {
        mean[i] = decay * (mean[i] ?? 0) + (1 - decay) * gradient;
        direction[i] = mean[i] ?? 0;
      }
    },
  ],
};

describe("of a user's own", () => {
  describeRules(
    { lars: larsRule, averaged },
    {
      lars: [lars({ trust: 0.05, weightDecay: 0 }), lars({ trust: 0.05, weightDecay: 1e-3 })],
      averaged: [{ name: "averaged", decay: 0.9 } as AveragedRule],
    },
    { isInReference: false },
  );
});
