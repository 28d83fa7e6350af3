import { allActivations } from "../activations/index.ts";
import type { Sets } from "../kinds/sets.ts";
import { allLosses } from "../losses/index.ts";

/** What is called by its name where everything else comes from a builder: a bundle holds what it names, and these. */
export const namedSets: Sets = {
  activations: allActivations,
  losses: allLosses,
  layers: {},
  optimizers: {},
  rules: {},
  schedules: {},
};
