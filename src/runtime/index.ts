export { createArena } from "./arena.ts";
export type { Arena } from "./arena.ts";
export { instantiateKernels } from "./kernels.ts";
export type { Address, Kernels } from "./kernels.ts";
export { chooseKernelsBuild } from "./load-kernels.ts";
export type { LoadKernels, LoadKernelsOptions } from "./load-kernels.ts";
export { planBuffers } from "./memory-plan.ts";
export type { BufferRequest, MemoryPlan, PlannedBuffer } from "./memory-plan.ts";
