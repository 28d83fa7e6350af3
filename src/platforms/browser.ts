import { EdgepropError } from "../errors.ts";
import type { Platform } from "../training/index.ts";

/** What a page or a Web Worker brings beside the kernels. */
export const browserHost: Omit<Platform, "loadKernels"> = { clock: { now: () => performance.now() } };

/** The compiled kernels at an address. Throws `kernels-unavailable`. */
export async function fetchKernels(url: URL): Promise<WebAssembly.Module> {
  const response = await fetch(url);
  if (!response.ok)
    throw new EdgepropError("kernels-unavailable", `${response.url} answered ${response.status}`);
  // Not compileStreaming: that needs a server that knows the type application/wasm.
  return WebAssembly.compile(await response.arrayBuffer());
}
