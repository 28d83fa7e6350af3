import { EdgepropError } from "../errors.ts";
import { parseHeader } from "./header.ts";
import type { Header, HeaderRules } from "./header.ts";
import { frameDtypes } from "./types.ts";
import type { Dtype, Tensor, TensorFile } from "./types.ts";

/** What comes from the network is small and of known dtypes, or it is refused before anything is allocated. */
const rules: HeaderRules = { maxHeaderSize: 1_000_000, sizes: frameDtypes };

/**
 * Reads a safetensors file that another machine sent, or a checkpoint: as `decodeSafetensors`, but a header of more than
 * 1 MB and a dtype that no edgeprop writes are refused. Throws `bad-file`.
 *
 * @example
 * ```ts
 * const file = encodeSafetensors({ tensors: { bias: toTensor(Float32Array.of(1, 2), [2]) }, metadata: {} });
 * console.log(decodeFrame(file).tensors["bias"]?.shape); // [ 2 ]
 * ```
 */
export function decodeFrame(file: Uint8Array): TensorFile {
  const { places, metadata } = parseHeader(file, file.length, rules);
  const tensors: Record<string, Tensor> = Object.create(null);
  for (const [name, { dtype, shape, begin, end }] of Object.entries(places))
    tensors[name] = { dtype, shape, bytes: file.subarray(begin, end) };
  return { tensors, metadata };
}

/**
 * The header of such a file of `fileSize` bytes, from its beginning. Throws `bad-file`.
 *
 * @example
 * ```ts
 * const file = encodeSafetensors({ tensors: { bias: toTensor(Float32Array.of(1, 2), [2]) }, metadata: {} });
 * console.log(decodeFrameHeader(file.subarray(0, 100), file.length).places["bias"]?.dtype); // F32
 * ```
 */
export function decodeFrameHeader(start: Uint8Array, fileSize: number): Header {
  return parseHeader(start, fileSize, rules);
}

/**
 * The values of a tensor that has to be F32, in place where alignment allows, else copied; nothing is converted.
 *
 * @example console.log(viewFloat32(toTensor(Float32Array.of(1, 2), [2]))); // Float32Array(2) [ 1, 2 ]
 */
export function viewFloat32(tensor: Tensor): Float32Array {
  const { buffer, byteOffset, byteLength } = aligned(tensor, "F32");
  return new Float32Array(buffer, byteOffset, byteLength / 4);
}

/**
 * The values of a tensor that has to be I32, in place where alignment allows, else copied; nothing is converted.
 *
 * @example console.log(viewInt32(toTensor(Int32Array.of(7, 3), [2]))); // Int32Array(2) [ 7, 3 ]
 */
export function viewInt32(tensor: Tensor): Int32Array {
  const { buffer, byteOffset, byteLength } = aligned(tensor, "I32");
  return new Int32Array(buffer, byteOffset, byteLength / 4);
}

function aligned({ dtype, bytes }: Tensor, expected: Dtype): Uint8Array {
  if (dtype !== expected)
    throw new EdgepropError("bad-file", `tensor has dtype ${dtype}; expected ${expected}`);
  // A new array copies, also of a Buffer.
  return bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
}
