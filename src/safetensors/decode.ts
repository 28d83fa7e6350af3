import { EdgepropError } from "../errors.ts";
import { dtypeSizes } from "./types.ts";
import type { Dtype, Tensor, TensorFile } from "./types.ts";

const maxHeaderSize = 1_000_000;

/**
 * Reads a safetensors file, which may be untrusted. The tensors are views of `file`. Throws `bad-file`.
 *
 * @example
 * ```ts
 * const file = encodeSafetensors({ tensors: { bias: toTensor(Float32Array.of(1, 2), [2]) }, metadata: {} });
 * console.log(decodeSafetensors(file).tensors["bias"]?.shape); // [ 2 ]
 * ```
 */
export function decodeSafetensors(file: Uint8Array): TensorFile {
  const { places, metadata } = decodeSafetensorsHeader(file, file.length);
  const tensors: Record<string, Tensor> = Object.create(null);
  for (const [name, { dtype, shape, begin, end }] of Object.entries(places)) {
    tensors[name] = { dtype, shape, bytes: file.subarray(begin, end) };
  }
  return { tensors, metadata };
}

/** Where a tensor lies in its file. */
export interface TensorPlace {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Bytes [begin, end) of the file. */
  readonly begin: number;
  readonly end: number;
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
export function decodeSafetensorsHeader(
  start: Uint8Array,
  fileSize: number,
): { places: Readonly<Record<string, TensorPlace>>; metadata: TensorFile["metadata"] } {
  const { header, dataStart } = readHeader(start);
  const dataSize = fileSize - dataStart;
  const places: Record<string, TensorPlace> = Object.create(null);
  let metadata: Record<string, string> = {};
  const ranges: { name: string; begin: number; end: number }[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") {
      metadata = parseMetadata(entry);
    } else {
      const { dtype, shape, begin, end } = parseEntry(name, entry, dataSize);
      ranges.push({ name, begin, end });
      places[name] = { dtype, shape, begin: dataStart + begin, end: dataStart + end };
    }
  }
  checkCoverage(ranges, dataSize);
  return { places, metadata };
}

function malformed(what: string, options?: ErrorOptions): EdgepropError {
  return new EdgepropError("bad-file", `not a safetensors file: ${what}`, options);
}

function readHeader(file: Uint8Array): { header: Record<string, unknown>; dataStart: number } {
  if (file.length < 8) throw malformed(`${file.length} bytes; expected at least 8 for the header length`);
  const size = new DataView(file.buffer, file.byteOffset, 8).getBigUint64(0, true);
  if (size > BigInt(maxHeaderSize)) {
    throw malformed(`the header claims ${size} bytes; at most ${maxHeaderSize} are accepted`);
  }
  const dataStart = 8 + Number(size);
  if (dataStart > file.length) {
    throw malformed(`the header claims ${size} bytes and the file ends after ${file.length - 8}`);
  }
  let header: unknown;
  try {
    header = JSON.parse(
      new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(file.subarray(8, dataStart)),
    );
  } catch (cause) {
    throw malformed("the header is not JSON", { cause });
  }
  if (!isRecord(header)) throw malformed("the header is not a JSON object");
  return { header, dataStart };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseMetadata(entry: unknown): Record<string, string> {
  if (!isRecord(entry)) throw malformed("__metadata__ is not an object of strings");
  const metadata: Record<string, string> = {};
  for (const [key, value] of Object.entries(entry)) {
    if (typeof value !== "string")
      throw malformed(`__metadata__.${key} is ${typeof value}; expected a string`);
    metadata[key] = value;
  }
  return metadata;
}

interface Entry {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function parseEntry(name: string, entry: unknown, dataSize: number): Entry {
  const wrong = (what: string): EdgepropError => malformed(`${nameOf(name)} ${what}`);
  if (!isRecord(entry)) throw wrong("is not described by an object");
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string" || !Object.hasOwn(dtypeSizes, dtype))
    throw wrong(`has dtype ${quote(dtype)}; expected one of ${Object.keys(dtypeSizes).join(", ")}`);
  if (!isCounts(shape)) throw wrong(`has shape ${quote(shape)}; expected a list of sizes`);
  if (!isCounts(offsets) || offsets.length !== 2)
    throw wrong(`has data_offsets ${quote(offsets)}; expected [begin, end]`);
  const [begin = 0, end = 0] = offsets;
  const sizeBytes = shape.reduce((product, size) => product * size, dtypeSizes[dtype as Dtype]);
  if (end > dataSize) throw wrong(`ends at byte ${end} of ${dataSize}: the file is cut off`);
  if (end - begin !== sizeBytes)
    throw wrong(`of shape [${shape.join(", ")}] needs ${sizeBytes} bytes and has ${end - begin}`);
  return { dtype: dtype as Dtype, shape, begin, end };
}

function nameOf(name: string): string {
  return `tensor "${name.slice(0, 100)}"`;
}

/** Cuts untrusted text for a message: what matters stands at its beginning. */
function quote(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 100);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

/** The format allows neither holes nor overlaps: every byte belongs to exactly one tensor. */
function checkCoverage(ranges: { name: string; begin: number; end: number }[], dataSize: number): void {
  let covered = 0;
  for (const { name, begin, end } of ranges.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered) throw malformed(`${nameOf(name)} begins at byte ${begin}; expected ${covered}`);
    covered = end;
  }
  if (covered !== dataSize)
    throw malformed(`${dataSize - covered} bytes after the last tensor belong to none`);
}

/**
 * The values of an F32 tensor, viewed in place where alignment allows, else copied.
 *
 * @example
 * ```ts
 * const tensor = toTensor(Float32Array.of(1, 2), [2]);
 * console.log(toFloat32(tensor)); // Float32Array(2) [ 1, 2 ]
 * ```
 */
export function toFloat32(tensor: Tensor): Float32Array {
  const { bytes } = aligned(tensor, "F32");
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

/**
 * The values of an I32 tensor, viewed in place where alignment allows, else copied.
 *
 * @example
 * ```ts
 * const tensor = toTensor(Int32Array.of(7, 3), [2]);
 * console.log(toInt32(tensor)); // Int32Array(2) [ 7, 3 ]
 * ```
 */
export function toInt32(tensor: Tensor): Int32Array {
  const { bytes } = aligned(tensor, "I32");
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

function aligned(tensor: Tensor, dtype: Dtype): Tensor {
  if (tensor.dtype !== dtype)
    throw new EdgepropError("bad-file", `tensor has dtype ${tensor.dtype}; expected ${dtype}`);
  return tensor.bytes.byteOffset % 4 === 0 ? tensor : { ...tensor, bytes: tensor.bytes.slice() };
}
