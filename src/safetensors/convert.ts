import { checkObject, checkOptions } from "../checks/check-options.ts";
import { EdgepropError } from "../errors.ts";
import { fromBfloat16, fromE4M3, fromE5M2, fromE8M0, fromHalfs } from "./small-floats.ts";
import { dtypeSizes } from "./types.ts";
import type { Dtype, Tensor } from "./types.ts";

export interface ConversionOptions {
  /** Whether values may be rounded to the nearest that the result can hold. Default false: such values are refused. */
  readonly lossy?: boolean;
}

/**
 * The values of a tensor of any known dtype as float32: of F32 in place where alignment allows, of others converted.
 * Throws `bad-file` for a value that float32 does not hold exactly, naming tensor, place and value, unless `lossy` lets
 * it be rounded; one beyond the range of float32 is refused either way. Throws `unsupported` for an unknown dtype.
 *
 * @example
 * ```ts
 * const halves = toTensor(Float64Array.of(0.5, 1.5), [2]);
 * console.log(toFloat32(halves)); // Float32Array(2) [ 0.5, 1.5 ]
 * const thirds = toTensor(Float64Array.of(1 / 3), [1]);
 * console.log(toFloat32(thirds, { lossy: true })[0]); // 0.3333333432674408
 * ```
 */
export function toFloat32(tensor: Tensor, options: ConversionOptions = {}): Float32Array {
  const values = valuesOf(tensor);
  if (values instanceof Float32Array) return values;
  return converted(tensor, values, {
    into: new Float32Array(values.length),
    name: "float32",
    ...checked(options, "toFloat32"),
  });
}

/**
 * The values as float64, as `toFloat32` does it: I64 and U64 beyond 2^53 are refused unless `lossy` lets them be rounded.
 *
 * @example
 * ```ts
 * console.log(toFloat64(toTensor(Float32Array.of(0.5), [1]))); // Float64Array(1) [ 0.5 ]
 * ```
 */
export function toFloat64(tensor: Tensor, options: ConversionOptions = {}): Float64Array {
  const values = valuesOf(tensor);
  if (values instanceof Float64Array) return values;
  return converted(tensor, values, {
    into: new Float64Array(values.length),
    name: "float64",
    ...checked(options, "toFloat64"),
  });
}

/**
 * The values of a tensor of any known dtype as int32, such as labels in I64. Throws `bad-file` for the first that is not
 * a whole number within int32, naming tensor, place and value.
 *
 * @example
 * ```ts
 * const labels = { dtype: "I64", shape: [2], bytes: new Uint8Array(BigInt64Array.of(7n, 3n).buffer) };
 * console.log(toInt32(labels)); // Int32Array(2) [ 7, 3 ]
 * ```
 */
export function toInt32(tensor: Tensor): Int32Array {
  const values = valuesOf(tensor);
  if (values instanceof Int32Array) return values;
  return converted(tensor, values, { into: new Int32Array(values.length), name: "int32", lossy: false });
}

/**
 * The values as int64, whole. Throws `bad-file` for the first that is not a whole number within int64.
 *
 * @example
 * ```ts
 * console.log(toBigInt64(toTensor(Int32Array.of(7, 3), [2]))); // BigInt64Array(2) [ 7n, 3n ]
 * ```
 */
export function toBigInt64(tensor: Tensor): BigInt64Array {
  const values = valuesOf(tensor);
  if (values instanceof BigInt64Array) return values;
  const whole = new BigInt64Array(values.length);
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? 0;
    const isWhole = typeof value === "bigint" || Number.isInteger(value);
    if (isWhole) whole[index] = BigInt(value);
    // Beyond int64 it wraps.
    if (!isWhole || whole[index] !== BigInt(value)) throw refusal(tensor, { index, value, name: "int64" });
  }
  return whole;
}

type Values =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** In place where alignment allows; floating-point numbers of less than four bytes as float32. */
function valuesOf(tensor: Tensor): Values {
  checkObject("the tensor", tensor);
  const { dtype, shape } = tensor;
  if (!isKnown(dtype)) {
    throw new EdgepropError(
      "unsupported",
      `${nameOf(tensor)} has dtype ${String(dtype).slice(0, 100)}, whose values edgeprop does not read; it reads ${Object.keys(dtypeSizes).join(", ")}`,
    );
  }
  const size = dtypeSizes[dtype];
  const length = shape.reduce((product, each) => product * each, 1);
  if (tensor.bytes.length !== length * size) {
    throw new EdgepropError(
      "bad-file",
      `${nameOf(tensor)} of ${dtype} [${shape.join(", ")}] has ${tensor.bytes.length} bytes; expected ${length * size}`,
    );
  }
  const bytes = aligned(tensor, size);
  const place = [bytes.buffer, bytes.byteOffset, length] as const;
  switch (dtype) {
    case "F64":
      return new Float64Array(...place);
    case "F32":
      return new Float32Array(...place);
    case "F16":
      return fromHalfs(new Uint16Array(...place));
    case "BF16":
      return fromBfloat16(new Uint16Array(...place));
    case "F8_E5M2":
      return fromE5M2(bytes);
    case "F8_E4M3":
      return fromE4M3(bytes);
    case "F8_E8M0":
      return fromE8M0(bytes);
    case "I64":
      return new BigInt64Array(...place);
    case "I32":
      return new Int32Array(...place);
    case "I16":
      return new Int16Array(...place);
    case "I8":
      return new Int8Array(...place);
    case "U64":
      return new BigUint64Array(...place);
    case "U32":
      return new Uint32Array(...place);
    case "U16":
      return new Uint16Array(...place);
    case "U8":
    case "BOOL":
      return bytes;
    default:
      return dtype satisfies never;
  }
}

function isKnown(dtype: string): dtype is Dtype {
  return Object.hasOwn(dtypeSizes, dtype);
}

/** A new array copies, also of a Buffer, whose slice would be a view. */
function aligned({ bytes }: Tensor, size: number): Uint8Array {
  return bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
}

function checked(options: ConversionOptions, owner: string): { readonly lossy: boolean } {
  return { lossy: checkOptions(options, owner, ["lossy"]).lossy === true };
}

interface Target<T> {
  readonly into: T;
  /** What the result holds: "float32". */
  readonly name: string;
  readonly lossy: boolean;
}

function converted<T extends Float32Array | Float64Array | Int32Array>(
  tensor: Tensor,
  values: Values,
  { into, name, lossy }: Target<T>,
): T {
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? 0;
    into[index] = Number(value);
    const kept = into[index] ?? 0;
    const isSame =
      typeof value === "bigint"
        ? Number.isFinite(kept) && BigInt(kept) === value
        : kept === value || (Number.isNaN(kept) && Number.isNaN(value));
    if (isSame || (lossy && Number.isFinite(kept))) continue;
    throw refusal(tensor, { index, value, name, ...(lossy ? {} : { kept }) });
  }
  return into;
}

interface Place {
  readonly index: number;
  readonly value: number | bigint;
  /** What cannot hold the value. */
  readonly name: string;
  /** What rounding would make of it. */
  readonly kept?: number;
}

function refusal(tensor: Tensor, { index, value, name, kept }: Place): EdgepropError {
  const canRound = name.startsWith("float") && kept !== undefined && Number.isFinite(kept);
  return new EdgepropError(
    "bad-file",
    `${nameOf(tensor)} (${tensor.dtype}) has ${value} at [${placeOf(index, tensor.shape).join(", ")}], which ${name} cannot hold${canRound ? ` exactly; { lossy: true } rounds it to ${kept}` : ""}`,
  );
}

function nameOf({ name }: Tensor): string {
  return name === undefined ? "the tensor" : `tensor "${name.slice(0, 100)}"`;
}

/** Row-major. */
function placeOf(index: number, shape: readonly number[]): number[] {
  let rest = index;
  return shape
    .toReversed()
    .map((size) => {
      const at = rest % size;
      rest = (rest - at) / size;
      return at;
    })
    .toReversed();
}
