import { allSets } from "edgeprop";
import { elementwise } from "edgeprop/core";
import { describe } from "vitest";
import { describeActivations } from "../suites/kinds/activations.ts";

describeActivations(allSets.activations);

const softsign = elementwise({
  name: "softsign",
  value: (z) => z / (1 + Math.abs(z)),
  slope: (z) => 1 / (1 + Math.abs(z)) ** 2,
});

describe("made of a formula", () => {
  describeActivations({ softsign });
});
