import { promoteHigh } from "../math/lanes";

/*
 * Sums of weighted deltas as 64-bit integers in units of 2^-32: integer addition is associative, so any order
 * and any grouping of the additions gives the same bytes. The caller keeps every partial sum below 2^63 units
 * (2^31 in value), by largestMagnitude and the weights; beyond it a sum would wrap.
 */
const unitsPerOne: f64 = 4294967296.0;
/** Adding 1.5 x 2^52 to |x| < 2^51 rounds x half to even and leaves the integer in the low bits. */
const roundingBias: f64 = 6755399441055744.0;
const fastLimit: f64 = 2251799813685248.0;

/** sums[i] (int64) += weight x deltas[i] x 2^32, rounded half to even; the caller keeps every sum below 2^63. */
export function fixedPointAdd(count: i32, weight: f64, deltas: usize, sums: usize): void {
  const factor = weight * unitsPerOne;
  const factors = f64x2.splat(factor);
  const bias = f64x2.splat(roundingBias);
  const limit = f64x2.splat(fastLimit);
  for (; count >= 4; count -= 4) {
    const lanes = v128.load(deltas);
    const low = f64x2.mul(f64x2.promote_low_f32x4(lanes), factors);
    const high = f64x2.mul(promoteHigh(lanes), factors);
    const isSmall = v128.and(f64x2.lt(f64x2.abs(low), limit), f64x2.lt(f64x2.abs(high), limit));
    if (i64x2.all_true(isSmall)) {
      v128.store(sums, i64x2.add(v128.load(sums), i64x2.sub(f64x2.add(low, bias), bias)));
      v128.store(sums, i64x2.add(v128.load(sums, 16), i64x2.sub(f64x2.add(high, bias), bias)), 16);
    } else {
      for (let i: usize = 0; i < 4; i++) addOne(factor, deltas + 4 * i, sums + 8 * i);
    }
    deltas += 16;
    sums += 32;
  }
  for (; count > 0; count--) {
    addOne(factor, deltas, sums);
    deltas += 4;
    sums += 8;
  }
}

function addOne(factor: f64, delta: usize, sum: usize): void {
  store<i64>(sum, load<i64>(sum) + <i64>nearest(<f64>load<f32>(delta) * factor));
}

/** params += sums (int64) x 2^-32 x scale, evaluated in float64 and rounded once. */
export function fixedPointApply(count: i32, scale: f64, sums: usize, params: usize): void {
  const factor = scale / unitsPerOne;
  for (; count > 0; count--) {
    store<f32>(params, <f32>(<f64>load<f32>(params) + <f64>load<i64>(sums) * factor));
    sums += 8;
    params += 4;
  }
}

/** into += from, both int64. */
export function fixedPointMerge(count: i32, from: usize, into: usize): void {
  for (; count >= 2; count -= 2) {
    v128.store(into, i64x2.add(v128.load(into), v128.load(from)));
    from += 16;
    into += 16;
  }
  if (count > 0) store<i64>(into, load<i64>(into) + load<i64>(from));
}
