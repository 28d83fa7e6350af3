import { EdgepropError } from "../errors.ts";
import type { ParamsLayout } from "../model/index.ts";
import { decodeSafetensors, encodeSafetensors, toFloat32, toTensor } from "../safetensors/index.ts";
import type { Dtype, Tensor, TensorFile } from "../safetensors/index.ts";
import type { StatisticsTensor } from "../training/index.ts";

export const safetensorsType = "application/vnd.safetensors";

/** Flat params as a safetensors file with one F32 tensor a weights or bias. */
export function encodeParams(
  layout: ParamsLayout,
  params: Float32Array,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const tensors: TensorFile["tensors"] = Object.fromEntries(
    layout.map(({ name, shape, offset, length }) => [
      name,
      toTensor(params.subarray(offset, offset + length), shape),
    ]),
  );
  return encodeSafetensors({ tensors, metadata });
}

/** Throws `bad-file` or `bad-shape`, naming the tensor. */
export function decodeParams(layout: ParamsLayout, file: Uint8Array): Float32Array {
  return gather(layout, decodeSafetensors(file));
}

/** What a client sends after a task. */
export interface Update {
  /** Params after local training minus params received, flat, in layout order. */
  readonly delta: Float32Array;
  readonly numExamples: number;
  /** Mean loss over the examples trained on, each before its step. */
  readonly loss: number;
}

/** The delta's tensors are named as the params'; numExamples and loss stand in the metadata. */
export function encodeUpdate(layout: ParamsLayout, { delta, numExamples, loss }: Update): Uint8Array {
  return encodeParams(layout, delta, { numExamples: String(numExamples), loss: String(loss) });
}

/** Untrusted bytes in; throws `bad-file` or `bad-shape`, naming the tensor or the metadata. */
export function decodeUpdate(layout: ParamsLayout, bytes: Uint8Array): Update {
  const file = decodeSafetensors(bytes);
  return { delta: gather(layout, file), ...parseReport(file) };
}

/** What a client sends of a shard in `exchange: "statistics"`: int64 sums in units of 2^-32, flat, in the order of the tensors. */
export interface StatisticsUpdate {
  readonly sums: BigInt64Array;
  readonly numExamples: number;
  readonly loss: number;
}

export function encodeStatistics(
  layout: readonly StatisticsTensor[],
  { sums, numExamples, loss }: StatisticsUpdate,
): Uint8Array {
  const bytes = new Uint8Array(sums.buffer, sums.byteOffset, sums.byteLength);
  const tensors: TensorFile["tensors"] = Object.fromEntries(
    layout.map(({ name, shape, offset, length }) => [
      name,
      { dtype: "I64", shape, bytes: bytes.subarray(8 * offset, 8 * (offset + length)) },
    ]),
  );
  return encodeSafetensors({ tensors, metadata: { numExamples: String(numExamples), loss: String(loss) } });
}

/** Untrusted bytes in; throws `bad-file` or `bad-shape`, naming the tensor or the metadata. */
export function decodeStatistics(layout: readonly StatisticsTensor[], bytes: Uint8Array): StatisticsUpdate {
  const file = decodeSafetensors(bytes);
  const sums = new BigInt64Array(lengthOf(layout));
  const all = new Uint8Array(sums.buffer);
  for (const { tensor, offset } of pick(layout, file, "I64")) all.set(tensor.bytes, 8 * offset);
  return { sums, ...parseReport(file) };
}

/** A mean over a round's examples stays finite. */
const maxLoss = 1e30;

/** The metadata of every update. */
function parseReport(file: TensorFile): { numExamples: number; loss: number } {
  const numExamples = parseNumber(file, "numExamples");
  if (!Number.isInteger(numExamples) || numExamples < 1) {
    throw new EdgepropError(
      "bad-file",
      `metadata numExamples is ${numExamples}; expected a positive integer`,
    );
  }
  const loss = parseNumber(file, "loss");
  if (Math.abs(loss) > maxLoss) {
    throw new EdgepropError("bad-file", `metadata loss is ${loss}; expected at most ${maxLoss}`);
  }
  return { numExamples, loss };
}

function parseNumber({ metadata }: TensorFile, key: string): number {
  const text = metadata[key];
  const value = text === undefined || text.trim() === "" ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) {
    throw new EdgepropError(
      "bad-file",
      `metadata ${key} is ${JSON.stringify(text?.slice(0, 100))}; expected a finite number as a string`,
    );
  }
  return value;
}

/** A named part of a flat array. */
interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  /** In values. */
  readonly offset: number;
  readonly length: number;
}

function lengthOf(layout: readonly Entry[]): number {
  const last = layout.at(-1);
  return last === undefined ? 0 : last.offset + last.length;
}

function gather(layout: ParamsLayout, file: TensorFile): Float32Array {
  const flat = new Float32Array(lengthOf(layout));
  for (const { tensor, offset } of pick(layout, file, "F32")) flat.set(toFloat32(tensor), offset);
  return flat;
}

/** Exactly the tensors of the layout; throws `bad-shape`, naming the first that is surplus, missing or another. */
function pick(
  layout: readonly Entry[],
  { tensors }: TensorFile,
  dtype: Dtype,
): { tensor: Tensor; offset: number }[] {
  const expected = layout.map(({ name }) => name);
  const surplus = Object.keys(tensors).find((name) => !expected.includes(name));
  if (surplus !== undefined) {
    throw new EdgepropError(
      "bad-shape",
      `tensor "${surplus.slice(0, 100)}" is not of this model; expected ${expected.join(", ")}`,
    );
  }
  return layout.map(({ name, shape, offset }) => {
    const tensor = tensors[name];
    if (tensor === undefined) {
      throw new EdgepropError("bad-shape", `tensor "${name}" is missing; expected ${expected.join(", ")}`);
    }
    if (tensor.dtype !== dtype || tensor.shape.join() !== shape.join()) {
      throw new EdgepropError(
        "bad-shape",
        `tensor "${name}" is ${tensor.dtype} [${tensor.shape.join(", ")}]; expected ${dtype} [${shape.join(", ")}]`,
      );
    }
    return { tensor, offset };
  });
}
