import { toDataset } from "../data/index.ts";
import type { Dataset } from "../data/index.ts";
import { EdgepropError } from "../errors.ts";
import {
  decodeSafetensors,
  decodeSafetensorsHeader,
  encodeSafetensors,
  toFloat32,
  toInt32,
  toTensor,
} from "../safetensors/index.ts";
import type { Tensor, TensorFile } from "../safetensors/index.ts";

/**
 * A dataset as a safetensors file: `inputs` (numExamples, inputSize) U8 or F32 and `targets`
 * (numExamples) U8 or I32 class indices, or (numExamples, outputs) F32 values.
 *
 * @example const file = encodeDataset(dataset);
 */
export function encodeDataset({ numExamples, inputSize, inputs, inputScale, targets }: Dataset): Uint8Array {
  const isPlain = targets.length === numExamples;
  const targetShape = isPlain ? [numExamples] : [numExamples, targets.length / numExamples];
  return encodeSafetensors({
    tensors: { inputs: toTensor(inputs, [numExamples, inputSize]), targets: toTensor(targets, targetShape) },
    metadata: { inputScale: String(inputScale) },
  });
}

/**
 * Untrusted bytes in; throws `bad-file` or `bad-shape`.
 *
 * @example console.log(decodeDataset(encodeDataset(dataset)).numExamples); // 4
 */
export function decodeDataset(bytes: Uint8Array): Dataset {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const form = checkForm(tensors, metadata);
  const { inputs, targets } = tensors;
  if (inputs === undefined || targets === undefined)
    throw new EdgepropError("bad-file", "a dataset has no tensors");
  return toDataset({ inputs: toInputs(inputs), targets: toTargets(targets), ...form });
}

/** Reads examples out of a dataset file that stays where it is: only their bytes are fetched. */
export interface DatasetFile {
  readonly numExamples: number;
  /** Examples [begin, end). */
  read(begin: number, end: number): Promise<Dataset>;
}

/** Bytes [begin, end) of a file. */
export type ReadRange = (begin: number, end: number) => Promise<Uint8Array>;

/** No header of a dataset is longer. */
const headerBytes = 4096;

/**
 * A dataset file of which only the bytes of the wanted examples are read. Throws `bad-file` or `bad-shape`.
 *
 * @example
 * ```ts
 * const bytes = encodeDataset(dataset);
 * const file = await openDataset(bytes.length, async (begin, end) => bytes.subarray(begin, end));
 * console.log((await file.read(1, 3)).numExamples); // 2
 * ```
 */
export async function openDataset(fileSize: number, readRange: ReadRange): Promise<DatasetFile> {
  const start = await readRange(0, Math.min(headerBytes, fileSize));
  const { places, metadata } = decodeSafetensorsHeader(start, fileSize);
  const form = checkForm(places, metadata);

  /** Rows of a tensor, which lie one after the other. */
  async function rowsOf(name: "inputs" | "targets", begin: number, end: number): Promise<Tensor> {
    const place = places[name];
    const [rows = 0, ...rest] = place?.shape ?? [];
    if (place === undefined || begin < 0 || begin > end || end > rows) {
      throw new EdgepropError("bad-shape", `examples ${begin} to ${end} of a dataset of ${rows}`);
    }
    const rowBytes = (place.end - place.begin) / rows;
    const bytes = await readRange(place.begin + begin * rowBytes, place.begin + end * rowBytes);
    return { dtype: place.dtype, shape: [end - begin, ...rest], bytes };
  }

  return {
    numExamples: places["inputs"]?.shape[0] ?? 0,
    async read(begin, end) {
      const [inputs, targets] = await Promise.all([
        rowsOf("inputs", begin, end),
        rowsOf("targets", begin, end),
      ]);
      return toDataset({ inputs: toInputs(inputs), targets: toTargets(targets), ...form });
    },
  };
}

type Forms = Readonly<Record<string, Pick<Tensor, "dtype" | "shape">>>;

/** Throws `bad-file` or `bad-shape` when these are not the tensors of a dataset. */
function checkForm(
  { inputs, targets }: Forms,
  metadata: TensorFile["metadata"],
): { inputSize: number; inputScale?: number } {
  if (inputs === undefined || targets === undefined) {
    throw new EdgepropError(
      "bad-file",
      "a dataset holds the tensors inputs and targets; one of them is missing",
    );
  }
  const [numExamples, inputSize] = inputs.shape;
  if (inputs.shape.length !== 2 || numExamples === undefined || inputSize === undefined) {
    throw new EdgepropError(
      "bad-shape",
      `inputs has shape [${inputs.shape.join(", ")}]; expected [numExamples, inputSize]`,
    );
  }
  if (targets.shape[0] !== numExamples) {
    throw new EdgepropError(
      "bad-shape",
      `targets has shape [${targets.shape.join(", ")}]; expected ${numExamples} rows as inputs has`,
    );
  }
  const text = metadata["inputScale"];
  if (text === undefined) return { inputSize };
  const inputScale = Number(text);
  if (Number.isFinite(inputScale) && inputScale > 0) return { inputSize, inputScale };
  throw new EdgepropError("bad-file", `metadata inputScale is ${text}; expected a positive number`);
}

function toInputs(tensor: Tensor): Float32Array | Uint8Array {
  return tensor.dtype === "U8" ? tensor.bytes : toFloat32(tensor);
}

function toTargets(tensor: Tensor): Dataset["targets"] {
  if (tensor.dtype === "U8") return tensor.bytes;
  return tensor.dtype === "I32" ? toInt32(tensor) : toFloat32(tensor);
}
