import type { Platform } from "../training/index.ts";

/**
 * What a Worker brings beside the kernels. A deployed Worker's clock stands still while code runs and moves when it
 * waits. It moves all the time in local workerd, where a pause does no harm.
 */
export const workerdHost: Omit<Platform, "loadKernels"> = {
  clock: { now: () => performance.now(), movesInPauses: true },
};
