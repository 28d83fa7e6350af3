import { EdgepropError } from "../errors.ts";

/** An array of unsigned bytes in IDX, the format of MNIST. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly values: Uint8Array;
}

/** Untrusted bytes in; throws `bad-file`. Header: 0, 0, type, number of dimensions, then big-endian sizes. */
export function parseIdx(bytes: Uint8Array): IdxArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
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
