import type { ParamsLayout } from "../model/index.ts";
import { decodeFrame, encodeSafetensors } from "../safetensors/index.ts";
import { fromTensors, toTensors } from "./named-tensors.ts";

/**
 * Flat params as a safetensors file with one F32 tensor per weight matrix or bias.
 *
 * @example const file = encodeParams(paramsLayout(model), await trainer.getParams());
 */
export function encodeParams(
  layout: ParamsLayout,
  params: Float32Array,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  return encodeSafetensors({ tensors: toTensors(layout, params), metadata });
}

/**
 * Throws `bad-file` or `bad-shape`, naming the tensor.
 *
 * @example
 * ```ts
 * const layout = paramsLayout(model);
 * const params = decodeParams(layout, encodeParams(layout, await trainer.getParams()));
 * ```
 */
export function decodeParams(layout: ParamsLayout, file: Uint8Array): Float32Array {
  return fromTensors(layout, decodeFrame(file).tensors);
}
