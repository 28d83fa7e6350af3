/*
 * What the 128-bit units of a machine can do in wasm: rounds of twelve independent multiply-adds in registers,
 * 12 x 4 x 2 operations per round. Twelve cover two units with a latency of four to six cycles and leave x86 its
 * sixteen registers. The factor and the addend keep every value finite.
 */
export function peak(rounds: i32, factor: f32, addend: f32): f32 {
  const x = f32x4.splat(factor);
  const y = f32x4.splat(addend);
  let c0 = f32x4.splat(0);
  let c1 = f32x4.splat(1);
  let c2 = f32x4.splat(2);
  let c3 = f32x4.splat(3);
  let c4 = f32x4.splat(4);
  let c5 = f32x4.splat(5);
  let c6 = f32x4.splat(6);
  let c7 = f32x4.splat(7);
  let c8 = f32x4.splat(8);
  let c9 = f32x4.splat(9);
  let c10 = f32x4.splat(10);
  let c11 = f32x4.splat(11);
  for (let round: i32 = 0; round < rounds; round++) {
    c0 = multiplyAdd(c0, x, y);
    c1 = multiplyAdd(c1, x, y);
    c2 = multiplyAdd(c2, x, y);
    c3 = multiplyAdd(c3, x, y);
    c4 = multiplyAdd(c4, x, y);
    c5 = multiplyAdd(c5, x, y);
    c6 = multiplyAdd(c6, x, y);
    c7 = multiplyAdd(c7, x, y);
    c8 = multiplyAdd(c8, x, y);
    c9 = multiplyAdd(c9, x, y);
    c10 = multiplyAdd(c10, x, y);
    c11 = multiplyAdd(c11, x, y);
  }
  const left = f32x4.add(f32x4.add(f32x4.add(c0, c1), f32x4.add(c2, c3)), f32x4.add(c4, c5));
  const right = f32x4.add(f32x4.add(f32x4.add(c6, c7), f32x4.add(c8, c9)), f32x4.add(c10, c11));
  return f32x4.extract_lane(f32x4.add(left, right), 0);
}

function multiplyAdd(x: v128, y: v128, z: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(x, y, z);
  return f32x4.add(f32x4.mul(x, y), z);
}
