/*
 * Philox4x32-10 (Salmon, Moraes, Dror & Shaw 2011): random bits that are a function of a counter and a key, so that
 * they need no state and no memory.
 */

/**
 * out = values / (1 - rate) where the value's random 32 bits are not below rate x 2^32, else 0. The four values of
 * block i take the outputs of counter (i, layer, step, step >> 32) under the key. Forward and backward use the same kernel.
 */
export function dropout(
  count: i32,
  rate: f64,
  keyLow: i32,
  keyHigh: i32,
  layer: i32,
  step: f64,
  values: usize,
  out: usize,
): void {
  const threshold = <u32>(rate * 4294967296.0);
  const scale = <f32>(1.0 / (1.0 - rate));
  const stepLow = <u32>(<u64>step);
  const stepHigh = <u32>(<u64>step >> 32);
  for (let block: u32 = 0; count > 0; block++) {
    let c0: u32 = block;
    let c1: u32 = layer;
    let c2: u32 = stepLow;
    let c3: u32 = stepHigh;
    let k0: u32 = keyLow;
    let k1: u32 = keyHigh;
    for (let round: i32 = 0; round < 10; round++) {
      const a = <u64>c0 * 0xd2511f53;
      const b = <u64>c2 * 0xcd9e8d57;
      c0 = <u32>(b >> 32) ^ c1 ^ k0;
      c1 = <u32>b;
      c2 = <u32>(a >> 32) ^ c3 ^ k1;
      c3 = <u32>a;
      k0 += 0x9e3779b9;
      k1 += 0xbb67ae85;
    }
    keep(c0 >= threshold, scale, values, out);
    if (count > 1) keep(c1 >= threshold, scale, values + 4, out + 4);
    if (count > 2) keep(c2 >= threshold, scale, values + 8, out + 8);
    if (count > 3) keep(c3 >= threshold, scale, values + 12, out + 12);
    values += 16;
    out += 16;
    count -= 4;
  }
}

function keep(isKept: bool, scale: f32, value: usize, out: usize): void {
  store<f32>(out, isKept ? load<f32>(value) * scale : 0);
}
