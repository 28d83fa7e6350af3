import { allFilters } from "./filters/all.ts";
import type { FilterSet } from "./filters/update-filter.ts";
import { allStrategies } from "./strategies/all.ts";
import type { StrategySet } from "./strategies/strategy.ts";

/** What a run can name: handed to whoever creates runs, closes rounds or takes part in them. */
export interface Sets {
  readonly strategies: StrategySet;
  readonly filters: FilterSet;
}

/**
 * All that edgeprop has; with something of one's own: `{ ...allSets, strategies: { ...allStrategies, mine } }`.
 */
export const allSets: Sets = { strategies: allStrategies, filters: allFilters };
