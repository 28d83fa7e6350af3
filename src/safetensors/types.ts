/** safetensors dtypes that edgeprop reads and writes, with their sizes in bytes. */
export const dtypeSizes = {
  F64: 8,
  F32: 4,
  F16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const;

export type Dtype = keyof typeof dtypeSizes;

/** A tensor as it lies in a file: little-endian bytes, row-major. */
export interface Tensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export interface TensorFile {
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** The format allows strings only. */
  readonly metadata: Readonly<Record<string, string>>;
}
