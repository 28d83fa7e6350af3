import { toDataset } from "../data/index.ts";
import type { Dataset } from "../data/index.ts";
import { EdgepropError } from "../errors.ts";
import { decodeSafetensors, encodeSafetensors, toFloat32, toInt32, toTensor } from "../safetensors/index.ts";
import type { Tensor } from "../safetensors/index.ts";

/**
 * A dataset as a safetensors file: `inputs` (numExamples, inputSize) U8 or F32 and `targets`
 * (numExamples) U8 or I32 class indices, or (numExamples, outputs) F32 values.
 */
export function encodeDataset({ numExamples, inputSize, inputs, inputScale, targets }: Dataset): Uint8Array {
  const isPlain = targets.length === numExamples;
  const targetShape = isPlain ? [numExamples] : [numExamples, targets.length / numExamples];
  return encodeSafetensors({
    tensors: { inputs: toTensor(inputs, [numExamples, inputSize]), targets: toTensor(targets, targetShape) },
    metadata: { inputScale: String(inputScale) },
  });
}

/** Untrusted bytes in; throws `bad-file` or `bad-shape`. */
export function decodeDataset(bytes: Uint8Array): Dataset {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const { inputs, targets } = tensors;
  if (inputs === undefined || targets === undefined) {
    throw new EdgepropError(
      "bad-file",
      `a dataset holds the tensors inputs and targets; found ${Object.keys(tensors).join(", ")}`,
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
  const scale = metadata["inputScale"] === undefined ? undefined : Number(metadata["inputScale"]);
  if (scale !== undefined && !(Number.isFinite(scale) && scale > 0)) {
    throw new EdgepropError(
      "bad-file",
      `metadata inputScale is ${metadata["inputScale"]}; expected a positive number`,
    );
  }
  const parts = { inputs: toInputs(inputs), targets: toTargets(targets), inputSize };
  return toDataset(scale === undefined ? parts : { ...parts, inputScale: scale });
}

function toInputs(tensor: Tensor): Float32Array | Uint8Array {
  return tensor.dtype === "U8" ? tensor.bytes : toFloat32(tensor);
}

function toTargets(tensor: Tensor): Dataset["targets"] {
  if (tensor.dtype === "U8") return tensor.bytes;
  return tensor.dtype === "I32" ? toInt32(tensor) : toFloat32(tensor);
}
