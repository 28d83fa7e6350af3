import { readFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import type { Platform } from "../training/index.ts";

/** What Node brings beside the kernels. */
export const nodeHost: Omit<Platform, "loadKernels"> = {
  /** This thread's computing time where Node can tell it (from 23.9 on), else the wall clock. */
  clock: {
    now() {
      if (typeof process.threadCpuUsage !== "function") return performance.now();
      // Linux updates a thread's time at its ticks, milliseconds apart, and whenever somebody asks for the process's time.
      process.cpuUsage();
      const { user, system } = process.threadCpuUsage();
      return (user + system) / 1000;
    },
  },
  pause: () => setImmediate(),
};

/** The compiled kernels of a file. */
export function readKernels(url: URL): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(url));
}
