import { EdgepropError } from "../errors.ts";
import type { ParamsLayout } from "../model/index.ts";
import { decodeSafetensors, encodeSafetensors, toFloat32, toTensor } from "../safetensors/index.ts";
import type { TensorFile } from "../safetensors/index.ts";

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
  const numExamples = parseNumber(file, "numExamples");
  if (!Number.isInteger(numExamples) || numExamples < 1) {
    throw new EdgepropError(
      "bad-file",
      `metadata numExamples is ${numExamples}; expected a positive integer`,
    );
  }
  return { delta: gather(layout, file), numExamples, loss: parseNumber(file, "loss") };
}

function parseNumber({ metadata }: TensorFile, key: string): number {
  const text = metadata[key];
  const value = text === undefined || text.trim() === "" ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) {
    throw new EdgepropError(
      "bad-file",
      `metadata ${key} is ${JSON.stringify(text)}; expected a finite number as a string`,
    );
  }
  return value;
}

function gather(layout: ParamsLayout, { tensors }: TensorFile): Float32Array {
  const expected = layout.map(({ name }) => name);
  const surplus = Object.keys(tensors).find((name) => !expected.includes(name));
  if (surplus !== undefined) {
    throw new EdgepropError(
      "bad-shape",
      `tensor "${surplus}" is not of this model; expected ${expected.join(", ")}`,
    );
  }
  const last = layout.at(-1);
  const flat = new Float32Array(last === undefined ? 0 : last.offset + last.length);
  for (const { name, shape, offset } of layout) {
    const tensor = tensors[name];
    if (tensor === undefined) {
      throw new EdgepropError("bad-shape", `tensor "${name}" is missing; expected ${expected.join(", ")}`);
    }
    if (tensor.dtype !== "F32" || tensor.shape.join() !== shape.join()) {
      throw new EdgepropError(
        "bad-shape",
        `tensor "${name}" is ${tensor.dtype} [${tensor.shape.join(", ")}]; expected F32 [${shape.join(", ")}]`,
      );
    }
    flat.set(toFloat32(tensor), offset);
  }
  return flat;
}
