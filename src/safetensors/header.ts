import { EdgepropError } from "../errors.ts";
import type { Tensor, TensorFile } from "./types.ts";

/** Where a tensor lies in its file. */
export interface TensorPlace {
  readonly dtype: Tensor["dtype"];
  readonly shape: readonly number[];
  /** Bytes [begin, end) of the file. */
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly places: Readonly<Record<string, TensorPlace>>;
  readonly metadata: TensorFile["metadata"];
}

/** What a door lets in. */
export interface HeaderRules {
  /** In bytes. */
  readonly maxHeaderSize: number;
  /** Bytes per value by dtype. */
  readonly sizes: Readonly<Record<string, number>>;
  /** NaN where tensors of other dtypes may lie in the file, as bytes; absent: they are refused. */
  readonly sizeOfOthers?: number;
}

/** The header at the beginning of a file of `fileSize` bytes. Throws `bad-file`. */
export function parseHeader(start: Uint8Array, fileSize: number, rules: HeaderRules): Header {
  const { header, dataStart } = readHeader(start, rules.maxHeaderSize);
  const dataSize = fileSize - dataStart;
  const places: Record<string, TensorPlace> = Object.create(null);
  let metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") {
      metadata = parseMetadata(entry);
    } else {
      const { begin, end, ...rest } = parseEntry(name, entry, dataSize, rules);
      places[name] = { ...rest, begin: dataStart + begin, end: dataStart + end };
    }
  }
  checkCoverage(places, dataStart, fileSize);
  return { places, metadata };
}

function malformed(what: string, options?: ErrorOptions): EdgepropError {
  return new EdgepropError("bad-file", `not a safetensors file: ${what}`, options);
}

function readHeader(
  file: Uint8Array,
  maxHeaderSize: number,
): { header: Record<string, unknown>; dataStart: number } {
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

function parseEntry(
  name: string,
  entry: unknown,
  dataSize: number,
  { sizes, sizeOfOthers }: HeaderRules,
): TensorPlace {
  const wrong = (what: string): EdgepropError => malformed(`${nameOf(name)} ${what}`);
  if (!isRecord(entry)) throw wrong("is not described by an object");
  const { dtype, shape, data_offsets: offsets } = entry;
  const size = Object.hasOwn(sizes, dtype as string) ? sizes[dtype as string] : sizeOfOthers;
  if (typeof dtype !== "string" || size === undefined)
    throw wrong(`has dtype ${quote(dtype)}; expected one of ${Object.keys(sizes).join(", ")}`);
  if (!isCounts(shape)) throw wrong(`has shape ${quote(shape)}; expected a list of sizes`);
  if (!isCounts(offsets) || offsets.length !== 2)
    throw wrong(`has data_offsets ${quote(offsets)}; expected [begin, end]`);
  const [begin = 0, end = 0] = offsets;
  const sizeBytes = shape.reduce((product, length) => product * length, size);
  if (end > dataSize) throw wrong(`ends at byte ${end} of ${dataSize}: the file is cut off`);
  // Never so for NaN; that `begin` is not behind `end` is then left to `checkCoverage`.
  if (Math.abs(end - begin - sizeBytes) > 0)
    throw wrong(`of shape [${shape.join(", ")}] needs ${sizeBytes} bytes and has ${end - begin}`);
  return { dtype, shape, begin, end };
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
function checkCoverage(places: Header["places"], dataStart: number, fileSize: number): void {
  let covered = dataStart;
  const inOrder = Object.entries(places).toSorted(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  for (const [name, { begin, end }] of inOrder) {
    if (begin !== covered)
      throw malformed(`${nameOf(name)} begins at byte ${begin - dataStart}; expected ${covered - dataStart}`);
    covered = end;
  }
  if (covered !== fileSize)
    throw malformed(`${fileSize - covered} bytes after the last tensor belong to none`);
}
