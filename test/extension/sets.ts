import { allRunSets } from "edgeprop/federated";
import type { RunSets } from "edgeprop/federated";
import { squareplus } from "./parts/activation.ts";
import { clip, int8 } from "./parts/filter.ts";
import { softClip } from "./parts/layer.ts";
import { robustScores } from "./parts/loss.ts";
import { adamax } from "./parts/optimizer.ts";
import { foof } from "./parts/rule.ts";
import { fedadam } from "./parts/strategy.ts";

/** All that edgeprop has, and one more of each kind. */
export const sets: RunSets = {
  ...allRunSets,
  activations: { ...allRunSets.activations, squareplus },
  layers: { ...allRunSets.layers, softClip },
  losses: { ...allRunSets.losses, robustScores },
  optimizers: { ...allRunSets.optimizers, adamax },
  rules: { ...allRunSets.rules, foof },
  strategies: { ...allRunSets.strategies, fedadam },
  filters: { ...allRunSets.filters, clip, int8 },
};
