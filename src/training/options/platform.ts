import type { LoadKernels } from "../../runtime/index.ts";

/** What a trainer takes from where it runs; the entry of each platform brings its own. */
export interface Platform {
  readonly loadKernels: LoadKernels;
  /** For `cpuBudgetMs`, which is refused without one. */
  readonly clock?: Clock;
  /** Lets everything else that waits in this thread have a turn. Default: a timer of 0 ms. */
  readonly pause?: () => Promise<void>;
}

/** The training core has no clock of its own. */
export interface Clock {
  /** Milliseconds of computing, from any origin. */
  now(): number;
  /** True where the clock may stand still while code runs: then it is read only after a pause. Default false. */
  readonly movesInPauses?: boolean;
}

/** How the kernels are loaded says enough where nothing is budgeted. */
export function toPlatform(platform: Platform | LoadKernels): Platform {
  return typeof platform === "function" ? { loadKernels: platform } : platform;
}

export function pauseByTimer(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}
