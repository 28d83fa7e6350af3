/** x y + z in each lane; the relaxed-simd build rounds once (fused), the simd build twice, everywhere alike. */
export function multiplyAdd(x: v128, y: v128, z: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(x, y, z);
  return f32x4.add(f32x4.mul(x, y), z);
}

/** z - x y in each of two float64 lanes. */
export function subtractProduct64(x: v128, y: v128, z: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_nmadd(x, y, z);
  return f64x2.sub(z, f64x2.mul(x, y));
}

/** x y + z in each of two float64 lanes. */
export function multiplyAdd64(x: v128, y: v128, z: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_madd(x, y, z);
  return f64x2.add(f64x2.mul(x, y), z);
}
