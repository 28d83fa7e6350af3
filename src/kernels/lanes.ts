/** The first `count` (1 to 3) of four float32 lanes; the others are zero. */
export function loadPart(from: usize, count: i32): v128 {
  let lanes = v128.load32_zero(from);
  if (count > 1) lanes = f32x4.replace_lane(lanes, 1, load<f32>(from, 4));
  if (count > 2) lanes = f32x4.replace_lane(lanes, 2, load<f32>(from, 8));
  return lanes;
}

export function storePart(to: usize, count: i32, lanes: v128): void {
  store<f32>(to, f32x4.extract_lane(lanes, 0));
  if (count > 1) store<f32>(to, f32x4.extract_lane(lanes, 1), 4);
  if (count > 2) store<f32>(to, f32x4.extract_lane(lanes, 2), 8);
}

/** The first four of `count` float32 lanes, or all of them, the others being zero. */
export function loadLanes(from: usize, count: i32): v128 {
  return count >= 4 ? v128.load(from) : loadPart(from, count);
}

export function storeLanes(to: usize, count: i32, lanes: v128): void {
  if (count >= 4) v128.store(to, lanes);
  else storePart(to, count, lanes);
}

/** The two upper float32 lanes as float64. */
export function promoteHigh(lanes: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f32>(lanes, lanes, 2, 3, 2, 3));
}

/** Sum of two float64 lanes. */
export function sum64(lanes: v128): f64 {
  return f64x2.extract_lane(lanes, 0) + f64x2.extract_lane(lanes, 1);
}
