import { createRandom } from "../../data/index.ts";
import { EdgepropError, errorCode } from "../../errors.ts";
import { initializeParams } from "../../model/index.ts";
import type { Model } from "../../model/index.ts";
import { createArena, planBuffers } from "../../runtime/index.ts";
import type { Arena, LoadKernels } from "../../runtime/index.ts";
import type { Platform } from "../options/platform.ts";

/** Initial params into the arena's buffer `params`. */
export function drawInto(arena: Arena, model: Model, seed: number): void {
  const random = createRandom(seed, "params");
  initializeParams(model, {
    kernels: arena.kernels,
    params: arena.at("params"),
    drawSeed: () => random.uint32(),
  });
}

/** The params that a trainer of this model and seed starts from, drawn in a memory of their own. Throws `out-of-memory`. */
export async function drawParamsWith(
  platform: Platform,
  model: Model,
  { seed = 1, deterministic = true }: { readonly seed?: number; readonly deterministic?: boolean } = {},
): Promise<Float32Array> {
  const module = await loadModule(platform.loadKernels, deterministic);
  const arena = createArena(module, planBuffers([{ name: "params", bytes: 4 * model.numParams }]));
  drawInto(arena, model, seed);
  return arena.floats("params").slice();
}

/** The compiled kernels; throws `kernels-unavailable`. */
export async function loadModule(
  loadKernels: LoadKernels,
  deterministic: boolean,
): Promise<WebAssembly.Module> {
  try {
    return await loadKernels({ deterministic });
  } catch (cause) {
    if (errorCode(cause) !== undefined) throw cause;
    throw new EdgepropError("kernels-unavailable", `the wasm kernels could not be loaded: ${String(cause)}`, {
      cause,
    });
  }
}
