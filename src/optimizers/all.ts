import { adagradOptimizer } from "./adagrad.ts";
import type { AdagradOptimizer } from "./adagrad.ts";
import { adamOptimizer, adamwOptimizer } from "./adam.ts";
import type { AdamOptimizer, AdamwOptimizer } from "./adam.ts";
import { rmspropOptimizer } from "./rmsprop.ts";
import type { RmspropOptimizer } from "./rmsprop.ts";
import { sgdOptimizer } from "./sgd.ts";
import type { SgdOptimizer } from "./sgd.ts";

/** Every optimizer there is, by name. */
export const allOptimizers = {
  sgd: sgdOptimizer,
  adam: adamOptimizer,
  adamw: adamwOptimizer,
  rmsprop: rmspropOptimizer,
  adagrad: adagradOptimizer,
};

/** The optimizers of edgeprop with their options: PyTorch's update formulas, the direction in the gradient's place. */
export type KnownOptimizer =
  | SgdOptimizer
  | AdamOptimizer
  | AdamwOptimizer
  | RmspropOptimizer
  | AdagradOptimizer;
