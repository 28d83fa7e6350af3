import { loadPart, storePart } from "../math/lanes";

/**
 * out = scale x bytes. The bytes may be the last `count` of out's own 4 count bytes: the kernel reads 16
 * bytes before it writes their 64, and what it writes never overtakes what it has yet to read.
 */
export function scaleBytes(count: i32, scale: f32, bytes: usize, out: usize): void {
  const factor = f32x4.splat(scale);
  for (; count >= 16; count -= 16) {
    const lanes = v128.load(bytes);
    const low = i16x8.extend_low_i8x16_u(lanes);
    const high = i16x8.extend_high_i8x16_u(lanes);
    v128.store(out, f32x4.mul(f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(low)), factor));
    v128.store(out, f32x4.mul(f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(low)), factor), 16);
    v128.store(out, f32x4.mul(f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(high)), factor), 32);
    v128.store(out, f32x4.mul(f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(high)), factor), 48);
    bytes += 16;
    out += 64;
  }
  for (; count > 0; count--) {
    store<f32>(out, <f32>load<u8>(bytes) * scale);
    bytes++;
    out += 4;
  }
}

/** values = scale x values */
export function scaleFloats(count: i32, scale: f32, values: usize): void {
  const factor = f32x4.splat(scale);
  for (; count >= 4; count -= 4) {
    v128.store(values, f32x4.mul(v128.load(values), factor));
    values += 16;
  }
  if (count > 0) storePart(values, count, f32x4.mul(loadPart(values, count), factor));
}
