import { checkBytes, checkOptions } from "../checks/check-options.ts";
import { EdgepropError } from "../errors.ts";
import { toDataset } from "./dataset.ts";
import type { Dataset } from "./dataset.ts";

/** An array of unsigned bytes in IDX, the format of MNIST. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly values: Uint8Array;
}

/**
 * Reads the bytes of an IDX file, which may be untrusted. Throws `bad-file`. The header is 0, 0, type, number of
 * dimensions, then big-endian sizes. A file that ends in .gz is unpacked first:
 * `new Response(blob.stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer()`.
 *
 * @example
 * ```ts
 * const { shape, values } = parseIdx(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1));
 * console.log(shape, values); // [ 3 ] Uint8Array(3) [ 7, 2, 1 ]
 * ```
 */
export function parseIdx(bytes: Uint8Array): IdxArray {
  checkBytes("the IDX file", bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    throw new EdgepropError(
      "bad-file",
      "the IDX file is packed by gzip; unpack it first, through a DecompressionStream",
    );
  }
  if (bytes.length < 4 || view.getUint16(0) !== 0)
    throw new EdgepropError("bad-file", "not an IDX file: it does not begin with two zero bytes");
  const type = view.getUint8(2);
  if (type !== 0x08)
    throw new EdgepropError("unsupported", `IDX type 0x${type.toString(16)}; expected 0x8, unsigned bytes`);
  const dimensions = view.getUint8(3);
  const dataStart = 4 + 4 * dimensions;
  if (bytes.length < dataStart)
    throw new EdgepropError("bad-file", `IDX file ends in its header, after ${bytes.length} bytes`);
  const shape = Array.from({ length: dimensions }, (_, index) => view.getUint32(4 + 4 * index));
  const size = shape.reduce((product, length) => product * length, 1);
  if (bytes.length !== dataStart + size) {
    throw new EdgepropError(
      "bad-file",
      `IDX file of shape [${shape.join(", ")}] has ${bytes.length} bytes; expected ${dataStart + size}`,
    );
  }
  return { shape, values: bytes.subarray(dataStart) };
}

export interface IdxFiles {
  /** Shape [n, ...]: n examples. */
  readonly images: Uint8Array;
  /** Shape [n]: class indices. */
  readonly labels: Uint8Array;
}

/**
 * Labelled images of 0 to 1 from the bytes of two IDX files, without a copy. Throws `bad-file` or `bad-shape`.
 *
 * @example
 * ```ts
 * // Two images of 2 x 1 pixels and their labels. A program would read MNIST's files here.
 * const images = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 255, 255, 0);
 * const labels = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 3);
 * const digits = idxDataset({ images, labels });
 * console.log(digits.numExamples, digits.inputSize); // 2 2
 * ```
 */
export function idxDataset(files: IdxFiles): Dataset {
  const { images, labels } = checkOptions(files, "idxDataset", ["images", "labels"]);
  const pictures = parseIdx(images);
  const classes = parseIdx(labels);
  const [count = 0, ...size] = pictures.shape;
  if (size.length === 0 || classes.shape.length !== 1 || classes.shape[0] !== count) {
    throw new EdgepropError(
      "bad-shape",
      `images have shape [${pictures.shape.join(", ")}] and labels [${classes.shape.join(", ")}]; expected [n, height, width] and [n]`,
    );
  }
  const inputSize = size.reduce((product, length) => product * length, 1);
  return toDataset({ inputs: pictures.values, targets: classes.values, inputSize });
}
