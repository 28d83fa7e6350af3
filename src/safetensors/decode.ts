import { checkBytes } from "../checks/check-options.ts";
import { parseHeader } from "./header.ts";
import type { Header, HeaderRules } from "./header.ts";
import { dtypeSizes } from "./types.ts";
import type { Tensor, TensorFile } from "./types.ts";

/** The limit is the format's own. */
const rules: HeaderRules = { maxHeaderSize: 100_000_000, sizes: dtypeSizes, sizeOfOthers: Number.NaN };

/**
 * Reads a safetensors file of any writer; a Node Buffer will do. The tensors are views of `file`, each in its own dtype:
 * `toFloat32` and its kind read the values, and a dtype that edgeprop does not know is refused there, for that tensor
 * alone. Throws `bad-file`.
 *
 * @example
 * ```ts
 * const file = encodeSafetensors({ tensors: { bias: toTensor(Float32Array.of(1, 2), [2]) }, metadata: {} });
 * console.log(decodeSafetensors(file).tensors["bias"]?.shape); // [ 2 ]
 * ```
 */
export function decodeSafetensors(file: Uint8Array): TensorFile {
  checkBytes("the safetensors file", file);
  // Parts of a Node Buffer would be Buffers, whose slice is a view.
  const plain = new Uint8Array(file.buffer, file.byteOffset, file.length);
  const { places, metadata } = parseHeader(plain, plain.length, rules);
  const tensors: Record<string, Tensor> = Object.create(null);
  for (const [name, { dtype, shape, begin, end }] of Object.entries(places))
    tensors[name] = { name, dtype, shape, bytes: plain.subarray(begin, end) };
  return { tensors, metadata };
}

/**
 * Reads the header from the beginning of a file of `fileSize` bytes, for a file that is read in parts. Throws `bad-file`.
 *
 * @example
 * ```ts
 * const file = encodeSafetensors({ tensors: { bias: toTensor(Float32Array.of(1, 2), [2]) }, metadata: {} });
 * const { places } = decodeSafetensorsHeader(file.subarray(0, 100), file.length);
 * console.log(places["bias"]?.dtype); // F32
 * ```
 */
export function decodeSafetensorsHeader(start: Uint8Array, fileSize: number): Header {
  checkBytes("the beginning of the safetensors file", start);
  return parseHeader(start, fileSize, rules);
}
