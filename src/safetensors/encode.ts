import type { Dtype, Tensor, TensorFile } from "./types.ts";

/**
 * The safetensors format: an 8-byte little-endian header length, a JSON header, the raw data.
 * Tensors lie in the order given, so that equal contents give equal bytes.
 *
 * @example
 * ```ts
 * const bias = toTensor(Float32Array.of(1, 2), [2]);
 * const file = encodeSafetensors({ tensors: { bias }, metadata: { note: "two values" } });
 * console.log(decodeSafetensors(file).metadata["note"]); // two values
 * ```
 */
export function encodeSafetensors({ tensors, metadata }: TensorFile): Uint8Array {
  const header: Record<string, unknown> = Object.create(null);
  if (Object.keys(metadata).length > 0) header["__metadata__"] = metadata;
  let dataSize = 0;
  for (const [name, { dtype, shape, bytes }] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: [dataSize, dataSize + bytes.length] };
    dataSize += bytes.length;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  // Spaces pad the header, so that the data is 8-byte aligned and can be viewed in place.
  const headerSize = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(8 + headerSize + dataSize);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerSize), true);
  file.fill(0x20, 8, 8 + headerSize);
  file.set(json, 8);
  let offset = 8 + headerSize;
  for (const { bytes } of Object.values(tensors)) {
    file.set(bytes, offset);
    offset += bytes.length;
  }
  return file;
}

type Values = Float32Array | Float64Array | Int32Array | Uint8Array | Int8Array;

function dtypeOf(values: Values): Dtype {
  if (values instanceof Float32Array) return "F32";
  if (values instanceof Float64Array) return "F64";
  if (values instanceof Int32Array) return "I32";
  return values instanceof Int8Array ? "I8" : "U8";
}

/**
 * A view of `values` as a tensor; nothing is copied.
 *
 * @example
 * ```ts
 * const weights = toTensor(new Float32Array(6), [2, 3]);
 * console.log(weights.dtype, weights.shape); // F32 [ 2, 3 ]
 * ```
 */
export function toTensor(values: Values, shape: readonly number[]): Tensor {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { dtype: dtypeOf(values), shape, bytes };
}
