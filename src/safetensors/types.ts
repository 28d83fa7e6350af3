/** The dtypes of what travels between machines and of checkpoints, with their sizes in bytes. */
export const frameDtypes: Readonly<Record<string, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

/** safetensors dtypes whose values edgeprop reads, with their sizes in bytes. */
export const dtypeSizes = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  F8_E5M2: 1,
  F8_E4M3: 1,
  F8_E8M0: 1,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const;

export type Dtype = keyof typeof dtypeSizes;

/** A tensor as it lies in a file: little-endian bytes, row-major. */
export interface Tensor {
  /** A dtype that edgeprop does not know travels as bytes; only reading its values is refused. */
  readonly dtype: Dtype | (string & {});
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
  /** What the file that it was read from calls it: for messages. */
  readonly name?: string;
}

export interface TensorFile {
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** The format allows strings only. */
  readonly metadata: Readonly<Record<string, string>>;
}
