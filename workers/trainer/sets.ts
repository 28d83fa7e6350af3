import { allRunSets } from "../../src/federated/index.ts";
import type { RunSets } from "../../src/federated/index.ts";

/**
 * What the tasks and calls of this Worker may name. A Worker of a user's own that knows more names it here:
 * `{ ...allRunSets, layers: { ...allLayers, mine } }`.
 */
export const sets: RunSets = allRunSets;
