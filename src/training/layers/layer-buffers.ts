import type { PlacedLayer } from "../../model/index.ts";
import type { BufferRequest } from "../../runtime/index.ts";

/** The buffers that a layer has for itself, beside activations. */

export function preactivationsName(layer: number): string {
  return `layers.${layer}.preactivations`;
}

export function momentsName(layer: number): string {
  return `layers.${layer}.moments`;
}

/** Whether z is needed on the way back, and a alone does not tell the slope. */
export function keepsPreactivations({ spec }: PlacedLayer): boolean {
  return "activation" in spec && spec.activation === "gelu";
}

/** Values for each channel in the buffer of moments: see normalization-calls.ts. */
const momentsPerChannel = 5;

export function layerBuffers(layer: PlacedLayer, batchSize: number): BufferRequest[] {
  const { index, spec, outputSize, outputShape } = layer;
  const bytes = 4 * batchSize * outputSize;
  if (keepsPreactivations(layer)) return [{ name: preactivationsName(index), bytes }];
  if (spec.type !== "batchNorm") return [];
  return [{ name: momentsName(index), bytes: 4 * momentsPerChannel * (outputShape.at(-1) ?? 0) }];
}
