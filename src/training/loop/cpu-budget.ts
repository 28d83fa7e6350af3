import { EdgepropError } from "../../errors.ts";
import { toNumberWithin } from "../../checks/field-reader.ts";
import { pauseByTimer } from "../options/platform.ts";
import type { Platform } from "../options/platform.ts";

/** Whether there is time for another step; asked before every step but the first. */
export interface CpuBudget {
  hasTime(): Promise<boolean>;
}

/** A slice lets others wait no longer than about this. */
const longestSliceMs = 20;

/**
 * Where the clock always moves it is read before every step, so that the budget is exceeded by one step at most. Where
 * it moves only in pauses it is read between slices of steps: slices begin at one step, at most double, and take, as far
 * as the steps so far tell, at most half of what is left. So the last slice is one step there too, unless steps grow
 * longer on the way.
 */
export function createCpuBudget(
  { clock, pause = pauseByTimer }: Pick<Platform, "clock" | "pause">,
  cpuBudgetMs: number | undefined,
): CpuBudget {
  if (cpuBudgetMs === undefined) return { hasTime: async () => true };
  toNumberWithin(cpuBudgetMs, "cpuBudgetMs", { from: 0 });
  if (clock === undefined) {
    throw new EdgepropError(
      "unsupported",
      "cpuBudgetMs needs a clock, which this platform lacks; hand one to createTrainerWith",
    );
  }
  const startedAt = clock.now();
  if (clock.movesInPauses !== true) return { hasTime: async () => clock.now() - startedAt < cpuBudgetMs };

  let steps = 0;
  let slice = 1;
  let sliceEnd = 1;
  return {
    async hasTime() {
      steps += 1;
      if (steps < sliceEnd) return true;
      await pause();
      const spent = clock.now() - startedAt;
      if (spent >= cpuBudgetMs) return false;
      const sliceMs = Math.min(longestSliceMs, (cpuBudgetMs - spent) / 2);
      slice = Math.max(1, Math.min(2 * slice, Math.floor(sliceMs * (steps / spent))));
      sliceEnd = steps + slice;
      return true;
    },
  };
}
