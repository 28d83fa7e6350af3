import { EdgepropError } from "../errors.ts";
import { decodeFrame, encodeSafetensors } from "../safetensors/index.ts";
import type { TensorFile } from "../safetensors/index.ts";
import type { Tensors } from "./named-tensors.ts";

/** What every update says of itself, beside its tensors. */
export interface Report {
  readonly numExamples: number;
  /** Mean loss over the examples trained on, each before its step. */
  readonly loss: number;
}

/** Tensors with the report in the metadata, as a safetensors file. */
export function encodeReported(tensors: Tensors, { numExamples, loss }: Report): Uint8Array {
  return encodeSafetensors({ tensors, metadata: { numExamples: String(numExamples), loss: String(loss) } });
}

/** Untrusted bytes in; throws `bad-file`, naming what is wrong with the file or its metadata. */
export function decodeReported(bytes: Uint8Array): Report & { readonly tensors: Tensors } {
  const file = decodeFrame(bytes);
  return { tensors: file.tensors, ...parseReport(file) };
}

/** A mean over a round's examples stays finite. */
const maxLoss = 1e30;

function parseReport(file: TensorFile): Report {
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
