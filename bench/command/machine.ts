import { availableParallelism, cpus } from "node:os";
import { chooseKernelsBuild } from "../../src/runtime/index.ts";

/** What a time was measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  readonly kernels: string;
}

export function describeMachine(deterministic: boolean): Machine {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    node: process.version,
    kernels: chooseKernelsBuild({ deterministic }),
  };
}
