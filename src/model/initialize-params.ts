import type { Address, Kernels } from "../runtime/index.ts";
import { describeModel } from "./describe-model.ts";
import type { ModelSpec } from "./spec.ts";

export interface Initialization {
  readonly kernels: Kernels;
  /** Of the flat params. */
  readonly params: Address;
  /** A seeded stream of integers in [0, 2^32). */
  readonly drawSeed: () => number;
}

/** PyTorch's default for linear and convolution layers: U(-1 / sqrt(fanIn), 1 / sqrt(fanIn)), weights and bias alike. */
export function initializeParams(model: ModelSpec, { kernels, params, drawSeed }: Initialization): void {
  for (const { fanIn, offset, length } of describeModel(model).flatMap((layer) => layer.params)) {
    const bound = 1 / Math.sqrt(fanIn);
    kernels.uniform(length, drawSeed(), drawSeed(), -bound, bound, params + 4 * offset);
  }
}
