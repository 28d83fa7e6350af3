import { EdgepropError } from "../errors.ts";
import { fedAvg } from "./strategies.ts";
import type { RunSpec } from "./types.ts";

type Defaulted =
  | "mode"
  | "strategy"
  | "overselection"
  | "minUpdates"
  | "roundTimeoutMs"
  | "maxExtensions"
  | "maxExamples"
  | "seed";
export type RunSpecInput = Omit<RunSpec, Defaulted> & Partial<Pick<RunSpec, Defaulted>>;

/** Fills in the defaults, in this one place, and checks what a schema cannot: how the numbers fit together. */
export function createRunSpec(input: RunSpecInput): RunSpec {
  const spec: RunSpec = {
    mode: "federated",
    strategy: fedAvg(),
    overselection: 0,
    minUpdates: Math.max(1, Math.ceil(input.cohortSize / 2)),
    roundTimeoutMs: 600_000,
    maxExtensions: 6,
    maxExamples: 1_000_000,
    seed: 1,
    ...input,
  };
  if (spec.minUpdates > spec.cohortSize) {
    throw new EdgepropError(
      "bad-option",
      `minUpdates is ${spec.minUpdates}; expected at most cohortSize, ${spec.cohortSize}`,
    );
  }
  return spec;
}
