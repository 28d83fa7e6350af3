import { EdgepropError } from "../errors.ts";
import type { Kernels } from "../wasm/kernels.ts";
import type { Address } from "./address.ts";

export type { Kernels } from "../wasm/kernels.ts";
export type { Address } from "./address.ts";

export interface KernelsInstance {
  readonly kernels: Kernels;
  /** The first byte after the kernels' own static data. */
  readonly heapBase: Address;
}

export function instantiateKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): KernelsInstance {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const heapBase = exports["__heap_base"];
  if (!(heapBase instanceof WebAssembly.Global) || typeof exports["gemm"] !== "function") {
    const found = Object.keys(exports).join(", ");
    throw new EdgepropError(
      "kernels-unavailable",
      `the wasm module exports ${found}; expected the kernels of edgeprop`,
    );
  }
  return { kernels: exports as unknown as Kernels, heapBase: Number(heapBase.value) };
}
