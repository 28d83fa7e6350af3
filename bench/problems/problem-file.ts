import type { TrainingBatch, TrainingProblem } from "./problems.ts";

/*
 * A problem as bytes, for programs that cannot or should not make it themselves: the length of a JSON text (uint32,
 * little-endian), the text, padded to a multiple of four, then each batch's inputs (float32) and labels (int32), then
 * the params.
 */

export function encodeProblem({ batches, params, ...rest }: TrainingProblem): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(JSON.stringify({ ...rest, numParams: params.length }));
  const padded = Math.ceil(text.length / 4) * 4;
  const parts = [...batches.flatMap(({ inputs, labels }) => [inputs, labels]), params];
  const bytes = new Uint8Array(4 + padded + parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  new DataView(bytes.buffer).setUint32(0, padded, true);
  bytes.fill(0x20, 4, 4 + padded);
  bytes.set(text, 4);
  let at = 4 + padded;
  for (const { buffer, byteOffset, byteLength } of parts) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  return bytes;
}

type Header = Omit<TrainingProblem, "batches" | "params"> & { readonly numParams: number };

export function decodeProblem(bytes: ArrayBuffer): TrainingProblem {
  const length = new DataView(bytes).getUint32(0, true);
  const { numParams, ...header } = JSON.parse(
    new TextDecoder().decode(new Uint8Array(bytes, 4, length)),
  ) as Header;
  let at = 4 + length;
  const inputSize = header.layers[0]?.inputSize ?? 0;
  const batches: TrainingBatch[] = [];
  for (let batch = 0; batch < header.numBatches; batch++) {
    const inputs = new Float32Array(bytes, at, header.batchSize * inputSize);
    const labels = new Int32Array(bytes, at + inputs.byteLength, header.batchSize);
    batches.push({ inputs, labels });
    at += inputs.byteLength + labels.byteLength;
  }
  return { ...header, batches, params: new Float32Array(bytes, at, numParams) };
}
