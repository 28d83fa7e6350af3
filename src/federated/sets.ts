import type { Sets } from "../kinds/sets.ts";
import { allSets } from "../sets/all.ts";
import { allFilters } from "./filters/all.ts";
import type { FilterSet } from "./filters/update-filter.ts";
import { allStrategies } from "./strategies/all.ts";
import type { StrategySet } from "./strategies/strategy.ts";

/** What a run can name: handed to whoever creates runs, closes rounds or takes part in them. */
export interface RunSets extends Sets {
  readonly strategies: StrategySet;
  readonly filters: FilterSet;
}

/**
 * All that edgeprop has; with something of one's own: `{ ...allRunSets, strategies: { ...allStrategies, mine } }`.
 */
export const allRunSets: RunSets = { ...allSets, strategies: allStrategies, filters: allFilters };
