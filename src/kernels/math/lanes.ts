/** All ones in the first `count` of four lanes, or in all of them. */
function firstLanes(count: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
}

/** The first `count` (1 to 3) of four float32 lanes; the others are zero. Reads all four: the arena ends behind them. */
export function loadPart(from: usize, count: i32): v128 {
  return v128.and(v128.load(from), firstLanes(count));
}

/** Stores the first `count` (1 to 3) lanes; the memory behind them keeps its values. */
export function storePart(to: usize, count: i32, lanes: v128): void {
  v128.store(to, v128.bitselect(lanes, v128.load(to), firstLanes(count)));
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

/** How many bytes the last four lanes of a row of `columns` values reach beyond the row. */
export function excessOf(columns: i32): usize {
  return <usize>(-columns & 3) * 4;
}

/** False also where a sum of x - x has met an x that is not finite, since that difference is NaN. */
export function isZero(lanes: v128): i32 {
  return <i32>i32x4.all_true(f32x4.eq(lanes, f32x4.splat(0)));
}
