import { allActivations } from "../activations/index.ts";
import type { Sets } from "../kinds/sets.ts";
import { denseLayer } from "../layers/index.ts";
import { allLosses } from "../losses/index.ts";
import { allOptimizers } from "../optimizers/index.ts";
import { allRules } from "../rules/index.ts";
import { allSchedules } from "../schedules/index.ts";
import { namedSets } from "./named.ts";

/** All with dense layers alone: what "edgeprop/dense" reads JSON with. */
export const denseSets = {
  activations: allActivations,
  layers: { dense: denseLayer },
  losses: allLosses,
  optimizers: allOptimizers,
  rules: allRules,
  schedules: allSchedules,
} satisfies Sets;

/** What it makes models with: the rest comes from builders. */
export const namedDenseSets: Sets = { ...namedSets, layers: { dense: denseLayer } };
