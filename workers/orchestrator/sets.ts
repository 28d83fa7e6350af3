import { allSets } from "../../src/federated/index.ts";
import type { Sets } from "../../src/federated/index.ts";

/**
 * The strategies and update filters that the runs of this Worker may name. A Worker with more hands its own to
 * `createOrchestrator` instead: `{ ...allSets, strategies: { ...allStrategies, mine } }`.
 */
export const sets: Sets = allSets;
