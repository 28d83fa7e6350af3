import { allActivations } from "../activations/index.ts";
import type { Sets } from "../kinds/sets.ts";
import { allLayers } from "../layers/index.ts";
import { allLosses } from "../losses/index.ts";
import { allOptimizers } from "../optimizers/index.ts";
import { allRules } from "../rules/index.ts";
import { allSchedules } from "../schedules/index.ts";

/** All that edgeprop knows: what "edgeprop" reads models and options with. */
export const allSets = {
  activations: allActivations,
  layers: allLayers,
  losses: allLosses,
  optimizers: allOptimizers,
  rules: allRules,
  schedules: allSchedules,
} satisfies Sets;
