import { checkOptions } from "../checks/check-options.ts";
import { toDataset } from "../data/index.ts";
import type { Dataset } from "../data/index.ts";
import { EdgepropError } from "../errors.ts";
import {
  decodeFrame,
  decodeFrameHeader,
  decodeSafetensors,
  encodeSafetensors,
  toFloat32,
  toInt32,
  toTensor,
  viewFloat32,
  viewInt32,
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

export interface DecodeDatasetOptions {
  /** Whether float64 and float16 values and labels of other widths, as numpy makes them, are converted. Default true. */
  readonly convert?: boolean;
  /** Whether converting may round: most float64 values are not float32 values. Default false: they are refused. */
  readonly lossy?: boolean;
}

/**
 * A dataset out of a file of any writer: floating-point tensors become float32, whole numbers among the targets int32,
 * and U8 inputs stay bytes. With `convert: false`, for bytes from the network, nothing but what `encodeDataset` writes
 * is taken. Throws `bad-file`, naming the tensor, or `bad-shape`.
 *
 * @example console.log(decodeDataset(encodeDataset(dataset)).numExamples); // 4
 */
export function decodeDataset(bytes: Uint8Array, options: DecodeDatasetOptions = {}): Dataset {
  const { convert = true, lossy = false } = checkOptions(options, "decodeDataset", ["convert", "lossy"]);
  const { tensors, metadata } = convert ? decodeSafetensors(bytes) : decodeFrame(bytes);
  const form = checkForm(tensors, metadata);
  const { inputs, targets } = tensors;
  if (inputs === undefined || targets === undefined)
    throw new EdgepropError("bad-file", "a dataset has no tensors");
  if (!convert) return toDataset({ ...viewDataset(inputs, targets), ...form });
  return toDataset({
    inputs: inputs.dtype === "U8" ? inputs.bytes : toFloat32(inputs, { lossy }),
    targets: targets.dtype === "U8" ? targets.bytes : toTargets(targets, lossy),
    ...form,
  });
}

function toTargets(tensor: Tensor, lossy: boolean): Dataset["targets"] {
  return /^[IU]\d+$|^BOOL$/.test(tensor.dtype) ? toInt32(tensor) : toFloat32(tensor, { lossy });
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
  const { places, metadata } = decodeFrameHeader(start, fileSize);
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
    return { name, dtype: place.dtype, shape: [end - begin, ...rest], bytes };
  }

  return {
    numExamples: places["inputs"]?.shape[0] ?? 0,
    async read(begin, end) {
      const [inputs, targets] = await Promise.all([
        rowsOf("inputs", begin, end),
        rowsOf("targets", begin, end),
      ]);
      return toDataset({ ...viewDataset(inputs, targets), ...form });
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

/** The tensors as they lie there: what `encodeDataset` writes. Throws `bad-file` for another dtype, naming the tensor. */
function viewDataset(inputs: Tensor, targets: Tensor): Pick<Dataset, "inputs" | "targets"> {
  if (inputs.dtype !== "U8" && inputs.dtype !== "F32")
    throw wrongDtype("inputs", inputs, "F32 values or U8 (numpy: inputs.astype(numpy.float32))");
  if (targets.dtype !== "U8" && targets.dtype !== "I32" && targets.dtype !== "F32")
    throw wrongDtype(
      "targets",
      targets,
      "U8 or I32 class indices (numpy: targets.astype(numpy.int32)) or F32 values",
    );
  return {
    inputs: inputs.dtype === "U8" ? inputs.bytes : viewFloat32(inputs),
    targets:
      targets.dtype === "U8"
        ? targets.bytes
        : targets.dtype === "I32"
          ? viewInt32(targets)
          : viewFloat32(targets),
  };
}

function wrongDtype(name: string, { dtype }: Tensor, expected: string): EdgepropError {
  return new EdgepropError("bad-file", `tensor "${name}" has dtype ${dtype}; expected ${expected}`);
}
