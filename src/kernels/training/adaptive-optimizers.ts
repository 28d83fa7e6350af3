import { excessOf, isZero, loadPart, storePart } from "../math/lanes";

/* The optimizers that scale each param's step by its own directions so far; what optimizers.ts says holds here. */

/**
 * m = beta1 m + (1 - beta1) d; v = beta2 v + (1 - beta2) d^2; with t = step, counted from 1:
 * p -= learningRate / (1 - beta1^t) m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
 * Arguments and result as those of sgd.
 */
export function adam(
  rows: i32,
  columns: i32,
  stride: i32,
  learningRate: f64,
  beta1: f64,
  beta2: f64,
  epsilon: f64,
  weightDecay: f64,
  step: i32,
  direction: usize,
  m: usize,
  v: usize,
  params: usize,
): i32 {
  return adaptiveMoments(
    rows,
    columns,
    stride,
    learningRate,
    beta1,
    beta2,
    epsilon,
    weightDecay,
    1,
    step,
    direction,
    m,
    v,
    params,
  );
}

/** Adam after p *= 1 - learningRate weightDecay: the decay does not pass through the moments. */
export function adamw(
  rows: i32,
  columns: i32,
  stride: i32,
  learningRate: f64,
  beta1: f64,
  beta2: f64,
  epsilon: f64,
  weightDecay: f64,
  step: i32,
  direction: usize,
  m: usize,
  v: usize,
  params: usize,
): i32 {
  const shrink = 1 - learningRate * weightDecay;
  return adaptiveMoments(
    rows,
    columns,
    stride,
    learningRate,
    beta1,
    beta2,
    epsilon,
    0,
    shrink,
    step,
    direction,
    m,
    v,
    params,
  );
}

function adaptiveMoments(
  rows: i32,
  columns: i32,
  stride: i32,
  learningRate: f64,
  beta1: f64,
  beta2: f64,
  epsilon: f64,
  weightDecay: f64,
  shrink: f64,
  step: i32,
  direction: usize,
  m: usize,
  v: usize,
  params: usize,
): i32 {
  const rate = f32x4.splat(<f32>(learningRate / (1 - power(beta1, step))));
  const rootCorrection = f32x4.splat(<f32>(1 / sqrt(1 - power(beta2, step))));
  const keep1 = f32x4.splat(<f32>beta1);
  const take1 = f32x4.splat(<f32>(1 - beta1));
  const keep2 = f32x4.splat(<f32>beta2);
  const take2 = f32x4.splat(<f32>(1 - beta2));
  const floor = f32x4.splat(<f32>epsilon);
  const kept = f32x4.splat(<f32>shrink);
  const decay = f32x4.splat(<f32>weightDecay);
  let spread = f32x4.splat(0);
  const excess = excessOf(columns);
  const gap = <usize>(stride - columns) * 4 - excess;
  for (; rows > 0; rows--) {
    for (let count = columns; count > 0; count -= 4) {
      const isWhole = count >= 4;
      const p = isWhole ? v128.load(params) : loadPart(params, count);
      const d = f32x4.add(isWhole ? v128.load(direction) : loadPart(direction, count), f32x4.mul(decay, p));
      const nextM = f32x4.add(
        f32x4.mul(keep1, isWhole ? v128.load(m) : loadPart(m, count)),
        f32x4.mul(take1, d),
      );
      const nextV = f32x4.add(
        f32x4.mul(keep2, isWhole ? v128.load(v) : loadPart(v, count)),
        f32x4.mul(take2, f32x4.mul(d, d)),
      );
      const divisor = f32x4.add(f32x4.mul(f32x4.sqrt(nextV), rootCorrection), floor);
      const next = f32x4.sub(f32x4.mul(kept, p), f32x4.mul(rate, f32x4.div(nextM, divisor)));
      spread = f32x4.add(spread, f32x4.sub(next, next));
      if (isWhole) {
        v128.store(m, nextM);
        v128.store(v, nextV);
        v128.store(params, next);
      } else {
        storePart(m, count, nextM);
        storePart(v, count, nextV);
        storePart(params, count, next);
      }
      direction += 16;
      m += 16;
      v += 16;
      params += 16;
    }
    direction -= excess;
    m += gap;
    v += gap;
    params += gap;
  }
  return isZero(spread);
}

/** v = keep v + (1 - keep) d^2; p -= learningRate d / (sqrt(v) + epsilon) */
export function rmsprop(
  rows: i32,
  columns: i32,
  stride: i32,
  learningRate: f64,
  keep: f64,
  epsilon: f64,
  weightDecay: f64,
  direction: usize,
  v: usize,
  params: usize,
): i32 {
  return scaledByRoot(
    rows,
    columns,
    stride,
    learningRate,
    keep,
    1 - keep,
    epsilon,
    weightDecay,
    direction,
    v,
    params,
  );
}

/** sum += d^2; p -= learningRate d / (sqrt(sum) + epsilon) */
export function adagrad(
  rows: i32,
  columns: i32,
  stride: i32,
  learningRate: f64,
  epsilon: f64,
  weightDecay: f64,
  direction: usize,
  sum: usize,
  params: usize,
): i32 {
  return scaledByRoot(
    rows,
    columns,
    stride,
    learningRate,
    1,
    1,
    epsilon,
    weightDecay,
    direction,
    sum,
    params,
  );
}

/** squares = keep squares + take d^2; p -= learningRate d / (sqrt(squares) + epsilon) */
function scaledByRoot(
  rows: i32,
  columns: i32,
  stride: i32,
  learningRate: f64,
  keep: f64,
  take: f64,
  epsilon: f64,
  weightDecay: f64,
  direction: usize,
  squares: usize,
  params: usize,
): i32 {
  const rate = f32x4.splat(<f32>learningRate);
  const kept = f32x4.splat(<f32>keep);
  const taken = f32x4.splat(<f32>take);
  const floor = f32x4.splat(<f32>epsilon);
  const decay = f32x4.splat(<f32>weightDecay);
  let spread = f32x4.splat(0);
  const excess = excessOf(columns);
  const gap = <usize>(stride - columns) * 4 - excess;
  for (; rows > 0; rows--) {
    for (let count = columns; count > 0; count -= 4) {
      const isWhole = count >= 4;
      const p = isWhole ? v128.load(params) : loadPart(params, count);
      const d = f32x4.add(isWhole ? v128.load(direction) : loadPart(direction, count), f32x4.mul(decay, p));
      const nextSquares = f32x4.add(
        f32x4.mul(kept, isWhole ? v128.load(squares) : loadPart(squares, count)),
        f32x4.mul(taken, f32x4.mul(d, d)),
      );
      const divisor = f32x4.add(f32x4.sqrt(nextSquares), floor);
      const next = f32x4.sub(p, f32x4.mul(rate, f32x4.div(d, divisor)));
      spread = f32x4.add(spread, f32x4.sub(next, next));
      if (isWhole) {
        v128.store(squares, nextSquares);
        v128.store(params, next);
      } else {
        storePart(squares, count, nextSquares);
        storePart(params, count, next);
      }
      direction += 16;
      squares += 16;
      params += 16;
    }
    direction -= excess;
    squares += gap;
    params += gap;
  }
  return isZero(spread);
}

/** base^exponent by squaring, which takes only products: every engine rounds those alike. */
function power(base: f64, exponent: i32): f64 {
  let result: f64 = 1;
  for (; exponent > 0; exponent >>= 1) {
    if (exponent & 1) result *= base;
    base *= base;
  }
  return result;
}
