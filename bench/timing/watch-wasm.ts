/**
 * Counts the bytes of every wasm memory that is made from now on, whichever library makes it: memories handed to wasm
 * and memories that wasm brings. Memories never shrink, so their size in the end is their peak.
 */
export function watchWasm(): () => number {
  const memories = new Set<WebAssembly.Memory>();
  const { Memory, Instance, instantiate } = WebAssembly;
  function note<T extends WebAssembly.Instance>(instance: T): T {
    for (const value of Object.values(instance.exports)) if (value instanceof Memory) memories.add(value);
    return instance;
  }
  class WatchedMemory extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor);
      memories.add(this);
    }
  }
  class WatchedInstance extends Instance {
    constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
      super(module, imports);
      note(this);
    }
  }
  async function watchedInstantiate(
    source: BufferSource | WebAssembly.Module,
    imports?: WebAssembly.Imports,
  ): Promise<WebAssembly.Instance | WebAssembly.WebAssemblyInstantiatedSource> {
    if (source instanceof WebAssembly.Module) return note(await instantiate(source, imports));
    const result = await instantiate(source, imports);
    note(result.instance);
    return result;
  }
  Object.assign(WebAssembly, {
    Memory: WatchedMemory,
    Instance: WatchedInstance,
    instantiate: watchedInstantiate,
  });
  return () => [...memories].reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
}
