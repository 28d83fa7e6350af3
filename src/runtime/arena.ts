import { EdgepropError } from "../errors.ts";
import { instantiateKernels } from "./kernels.ts";
import type { Address, Kernels } from "./kernels.ts";
import type { MemoryPlan } from "./memory-plan.ts";

/**
 * The kernels with one memory that holds the buffers of a plan, all zeros. The memory never grows after the arena is
 * made; views are made afresh all the same, so that no view outlives a change of that rule.
 */
export interface Arena {
  readonly kernels: Kernels;
  /** The address of a buffer's first value. */
  readonly at: (name: string) => Address;
  /** Float32 values at any address. */
  readonly view: (address: Address, length: number) => Float32Array<ArrayBuffer>;
  readonly integers: (address: Address, length: number) => Int32Array<ArrayBuffer>;
  floats(name: string): Float32Array<ArrayBuffer>;
  ints(name: string): Int32Array<ArrayBuffer>;
  bytes(name: string): Uint8Array<ArrayBuffer>;
  readonly memory: ArenaMemory;
}

interface ArenaMemory {
  readonly plan: MemoryPlan;
  /** Size of the wasm memory, in whole pages. */
  readonly usedBytes: number;
  /** The part of usedBytes before the arena: the kernels' static data. */
  readonly staticBytes: number;
}

const pageBytes = 65_536;
/** Kernels read, and write back unchanged, up to these bytes behind a buffer's last value: src/kernels/math/lanes.ts. */
const lanesBytes = 16;

export function createArena(module: WebAssembly.Module, plan: MemoryPlan): Arena {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { kernels, heapBase } = instantiateKernels(module, memory);
  const base = Math.ceil(heapBase / 16) * 16;
  growTo(memory, base + plan.totalBytes + lanesBytes, plan);

  const places = new Map(plan.buffers.map((buffer) => [buffer.name, buffer]));
  function place(name: string): { address: Address; bytes: number } {
    const buffer = places.get(name);
    if (buffer === undefined) throw new RangeError(`no buffer "${name}" in the memory plan`);
    return { address: base + buffer.offset, bytes: buffer.bytes };
  }

  return {
    kernels,
    get memory() {
      return { plan, usedBytes: memory.buffer.byteLength, staticBytes: base };
    },
    at: (name) => place(name).address,
    view: (address, length) => new Float32Array(memory.buffer, address, length),
    integers: (address, length) => new Int32Array(memory.buffer, address, length),
    floats(name) {
      const { address, bytes } = place(name);
      return new Float32Array(memory.buffer, address, bytes / 4);
    },
    ints(name) {
      const { address, bytes } = place(name);
      return new Int32Array(memory.buffer, address, bytes / 4);
    },
    bytes(name) {
      const { address, bytes } = place(name);
      return new Uint8Array(memory.buffer, address, bytes);
    },
  };
}

function growTo(memory: WebAssembly.Memory, bytes: number, plan: MemoryPlan): void {
  const missing = Math.ceil(bytes / pageBytes) - memory.buffer.byteLength / pageBytes;
  if (missing <= 0) return;
  try {
    memory.grow(missing);
  } catch (cause) {
    const largest = plan.buffers.reduce((a, b) => (b.bytes > a.bytes ? b : a));
    const message = `could not allocate ${bytes} bytes of memory; the largest buffer, ${largest.name}, takes ${largest.bytes}`;
    throw new EdgepropError("out-of-memory", message, { cause });
  }
}
