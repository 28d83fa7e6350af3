import { excessOf, isZero, loadPart, storePart } from "../math/lanes";

/*
 * PyTorch's update formulas; the direction d takes the place of the gradient, and the L2 penalty weightDecay x params
 * is added to it. Each returns 1 when every new param is finite, else 0.
 * d is (rows, columns), dense; params and state are parts of that shape of matrices with `stride` elements from row to
 * row.
 * The formulas are evaluated in float32, their constants rounded once from float64.
 */

/**
 * p -= learningRate d, with d = direction + weightDecay p. direction (rows, columns) lies densely, params have
 * `stride` elements from row to row, as every optimizer's state has. Returns 1 when all new params are finite, else
 * 0.
 */
export function sgd(
  rows: i32,
  columns: i32,
  stride: i32,
  learningRate: f64,
  weightDecay: f64,
  direction: usize,
  params: usize,
): i32 {
  const rate = f32x4.splat(<f32>learningRate);
  const decay = f32x4.splat(<f32>weightDecay);
  let spread = f32x4.splat(0);
  const excess = excessOf(columns);
  const gap = <usize>(stride - columns) * 4 - excess;
  for (; rows > 0; rows--) {
    for (let count = columns; count > 0; count -= 4) {
      const isWhole = count >= 4;
      const p = isWhole ? v128.load(params) : loadPart(params, count);
      const d = f32x4.add(isWhole ? v128.load(direction) : loadPart(direction, count), f32x4.mul(decay, p));
      const next = f32x4.sub(p, f32x4.mul(rate, d));
      spread = f32x4.add(spread, f32x4.sub(next, next));
      if (isWhole) v128.store(params, next);
      else storePart(params, count, next);
      direction += 16;
      params += 16;
    }
    direction -= excess;
    params += gap;
  }
  return isZero(spread);
}

/** velocity = momentum velocity + d; p -= learningRate (nesterov ? d + momentum velocity : velocity) */
export function momentum(
  rows: i32,
  columns: i32,
  stride: i32,
  learningRate: f64,
  momentum: f64,
  isNesterov: i32,
  weightDecay: f64,
  direction: usize,
  velocity: usize,
  params: usize,
): i32 {
  const rate = f32x4.splat(<f32>learningRate);
  const decay = f32x4.splat(<f32>weightDecay);
  const keep = f32x4.splat(<f32>momentum);
  let spread = f32x4.splat(0);
  const excess = excessOf(columns);
  const gap = <usize>(stride - columns) * 4 - excess;
  for (; rows > 0; rows--) {
    for (let count = columns; count > 0; count -= 4) {
      const isWhole = count >= 4;
      const p = isWhole ? v128.load(params) : loadPart(params, count);
      const d = f32x4.add(isWhole ? v128.load(direction) : loadPart(direction, count), f32x4.mul(decay, p));
      const v = f32x4.add(f32x4.mul(keep, isWhole ? v128.load(velocity) : loadPart(velocity, count)), d);
      const next = f32x4.sub(p, f32x4.mul(rate, isNesterov != 0 ? f32x4.add(d, f32x4.mul(keep, v)) : v));
      spread = f32x4.add(spread, f32x4.sub(next, next));
      if (isWhole) {
        v128.store(velocity, v);
        v128.store(params, next);
      } else {
        storePart(velocity, count, v);
        storePart(params, count, next);
      }
      direction += 16;
      velocity += 16;
      params += 16;
    }
    direction -= excess;
    velocity += gap;
    params += gap;
  }
  return isZero(spread);
}
