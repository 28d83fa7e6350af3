import { allSets } from "edgeprop";
import { lossPerExample } from "edgeprop/core";
import type { FieldReader, LossSpec } from "edgeprop";
import { describe } from "vitest";
import { describeLosses } from "../suites/kinds/losses.ts";
import { lossSpecsByName } from "../support/specs.ts";

describeLosses(allSets.losses, lossSpecsByName);

function named<Name extends string>(name: Name): (fields: FieldReader) => LossSpec & { readonly name: Name } {
  return (fields) => {
    fields.allowOnly(["name"]);
    return { name };
  };
}

const logCosh = lossPerExample({
  name: "logCosh",
  parse: named("logCosh"),
  formula(_, z, targets) {
    const errors = z.map((x, i) => x - (targets[i] ?? 0));
    return {
      value: errors.reduce((sum, e) => sum + Math.log(Math.cosh(e)), 0),
      gradient: errors.map(Math.tanh),
    };
  },
});

/** The square of how far the score of the class is from 1, and every other one from 0. */
const squaredScores = lossPerExample({
  name: "squaredScores",
  parse: named("squaredScores"),
  outputs: "classes",
  targets: "indices",
  formula(_, z, [label]) {
    const errors = z.map((x, i) => x - (i === label ? 1 : 0));
    return { value: errors.reduce((sum, e) => sum + (e * e) / 2, 0), gradient: errors };
  },
});

describe("made of a formula", () => {
  describeLosses(
    { logCosh, squaredScores },
    { logCosh: [{ name: "logCosh" }], squaredScores: [{ name: "squaredScores" }] },
  );
});
