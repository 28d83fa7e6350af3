/*
 * Floating-point numbers of two bytes and one. float32 holds every one of them exactly.
 */

/** sign (1), exponent (5, bias 15), fraction (10): IEEE 754's binary16. */
function halfToNumber(bits: number): number {
  const sign = bits >>> 15 === 0 ? 1 : -1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** sign (1), exponent (4, bias 7), fraction (3); no infinity, and one NaN per sign. */
function e4m3ToNumber(bits: number): number {
  const sign = bits >>> 7 === 0 ? 1 : -1;
  const exponent = (bits >>> 3) & 15;
  const fraction = bits & 7;
  if (exponent === 15 && fraction === 7) return Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -9 : (8 + fraction) * 2 ** (exponent - 10));
}

/** An exponent alone (8, bias 127). */
function e8m0ToNumber(bits: number): number {
  return bits === 255 ? Number.NaN : 2 ** (bits - 127);
}

export function fromHalfs(bits: Uint16Array): Float32Array {
  return mapped(bits, halfToNumber);
}

/** The upper half of a float32. */
export function fromBfloat16(bits: Uint16Array): Float32Array {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = (bits[i] ?? 0) << 16;
  return new Float32Array(words.buffer);
}

/** The upper half of a binary16. */
export function fromE5M2(bits: Uint8Array): Float32Array {
  return mapped(bits, (each) => halfToNumber(each << 8));
}

export function fromE4M3(bits: Uint8Array): Float32Array {
  return mapped(bits, e4m3ToNumber);
}

export function fromE8M0(bits: Uint8Array): Float32Array {
  return mapped(bits, e8m0ToNumber);
}

function mapped(bits: Uint8Array | Uint16Array, toNumber: (each: number) => number): Float32Array {
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = toNumber(bits[i] ?? 0);
  return values;
}
