import type { Address, Kernels } from "../runtime/index.ts";
import type { Model } from "./model.ts";

export interface Initialization {
  readonly kernels: Kernels;
  /** Where the flat params begin. */
  readonly params: Address;
  /** A seeded stream of integers in [0, 2^32). */
  readonly drawSeed: () => number;
}

/** PyTorch's defaults: uniform for weights and bias alike, normal for embeddings, ones and zeros where a layer normalises. */
export function initializeParams({ placed }: Model, { kernels, params, drawSeed }: Initialization): void {
  for (const { initial, offset, length } of placed.flatMap((layer) => layer.params)) {
    const at = params + 4 * offset;
    switch (initial.kind) {
      case "uniform": {
        const bound = 1 / Math.sqrt(initial.fanIn);
        kernels.uniform(length, drawSeed(), drawSeed(), -bound, bound, at);
        break;
      }
      case "normal":
        kernels.normal(length, drawSeed(), drawSeed(), at);
        break;
      case "zeros":
      case "ones":
        kernels.fill(length, initial.kind === "ones" ? 1 : 0, at);
        break;
      default:
        initial satisfies never;
    }
  }
}
