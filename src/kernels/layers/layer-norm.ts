import { loadLanes, promoteHigh, storeLanes, sum64 } from "../math/lanes";
import { multiplyAdd } from "../math/multiply-add";

/*
 * Normalisation of rows: values are (rows, columns), mean and variance those of each row, sums in float64.
 * xHat = (x - mean) / sqrt(variance + epsilon), out = gamma xHat + beta. The backward kernels make xHat anew.
 */

/**
 * out (rows, columns) = gamma xHat + beta, xHat = (values - mean) / sqrt(variance + epsilon) by each row's own
 * moments.
 */
export function layerNorm(
  rows: i32,
  columns: i32,
  epsilon: f64,
  gamma: usize,
  beta: usize,
  values: usize,
  out: usize,
): void {
  const step = <usize>columns * 4;
  for (; rows > 0; rows--) {
    const mean = meanOf(columns, values);
    const inverse = f32x4.splat(inverseRoot(columns, epsilon, mean, values));
    const center = f32x4.splat(<f32>mean);
    for (let column: i32 = 0; column < columns; column += 4) {
      const lanes = columns - column;
      const at = <usize>column * 4;
      const xHat = f32x4.mul(f32x4.sub(loadLanes(values + at, lanes), center), inverse);
      storeLanes(
        out + at,
        lanes,
        multiplyAdd(xHat, loadLanes(gamma + at, lanes), loadLanes(beta + at, lanes)),
      );
    }
    values += step;
    out += step;
  }
}

/** inputGradient = (h - mean of h - xHat (mean of h xHat)) / sqrt(variance + epsilon), h = g gamma. */
export function layerNormBackward(
  rows: i32,
  columns: i32,
  epsilon: f64,
  gamma: usize,
  values: usize,
  gradient: usize,
  inputGradient: usize,
): void {
  const step = <usize>columns * 4;
  for (; rows > 0; rows--) {
    const mean = meanOf(columns, values);
    const inverse = f32x4.splat(inverseRoot(columns, epsilon, mean, values));
    const center = f32x4.splat(<f32>mean);
    let sums = f64x2.splat(0);
    let products = f64x2.splat(0);
    for (let column: i32 = 0; column < columns; column += 4) {
      const lanes = columns - column;
      const at = <usize>column * 4;
      // Lanes past the row have h = 0.
      const h = f32x4.mul(loadLanes(gradient + at, lanes), loadLanes(gamma + at, lanes));
      const xHat = f32x4.mul(f32x4.sub(loadLanes(values + at, lanes), center), inverse);
      const hLow = f64x2.promote_low_f32x4(h);
      const hHigh = promoteHigh(h);
      sums = f64x2.add(sums, f64x2.add(hLow, hHigh));
      products = f64x2.add(products, f64x2.mul(hLow, f64x2.promote_low_f32x4(xHat)));
      products = f64x2.add(products, f64x2.mul(hHigh, promoteHigh(xHat)));
    }
    const shift = f32x4.splat(<f32>(sum64(sums) / <f64>columns));
    const slope = f32x4.splat(<f32>(sum64(products) / <f64>columns));
    for (let column: i32 = 0; column < columns; column += 4) {
      const lanes = columns - column;
      const at = <usize>column * 4;
      const h = f32x4.mul(loadLanes(gradient + at, lanes), loadLanes(gamma + at, lanes));
      const xHat = f32x4.mul(f32x4.sub(loadLanes(values + at, lanes), center), inverse);
      const common = multiplyAdd(xHat, slope, shift);
      storeLanes(inputGradient + at, lanes, f32x4.mul(f32x4.sub(h, common), inverse));
    }
    values += step;
    gradient += step;
    inputGradient += step;
  }
}

/** sums (2, columns) = sum of g xHat over the rows, and of g: the gradients of gamma and beta. */
export function layerNormSums(
  rows: i32,
  columns: i32,
  epsilon: f64,
  values: usize,
  gradient: usize,
  sums: usize,
): void {
  const step = <usize>columns * 4;
  memory.fill(sums, 0, 2 * step);
  for (; rows > 0; rows--) {
    const mean = meanOf(columns, values);
    const inverse = f32x4.splat(inverseRoot(columns, epsilon, mean, values));
    const center = f32x4.splat(<f32>mean);
    for (let column: i32 = 0; column < columns; column += 4) {
      const lanes = columns - column;
      const at = <usize>column * 4;
      const g = loadLanes(gradient + at, lanes);
      const xHat = f32x4.mul(f32x4.sub(loadLanes(values + at, lanes), center), inverse);
      storeLanes(sums + at, lanes, multiplyAdd(g, xHat, loadLanes(sums + at, lanes)));
      storeLanes(sums + step + at, lanes, f32x4.add(loadLanes(sums + step + at, lanes), g));
    }
    values += step;
    gradient += step;
  }
}

function meanOf(count: i32, values: usize): f64 {
  let sum = f64x2.splat(0);
  for (let index: i32 = 0; index < count; index += 4) {
    const x = loadLanes(values + <usize>index * 4, count - index);
    sum = f64x2.add(sum, f64x2.add(f64x2.promote_low_f32x4(x), promoteHigh(x)));
  }
  return sum64(sum) / <f64>count;
}

/** 1 / sqrt(variance + epsilon) */
function inverseRoot(count: i32, epsilon: f64, mean: f64, values: usize): f32 {
  const center = f64x2.splat(mean);
  let sum = f64x2.splat(0);
  let index: i32 = 0;
  for (; index + 4 <= count; index += 4) {
    const x = v128.load(values + <usize>index * 4);
    const a = f64x2.sub(f64x2.promote_low_f32x4(x), center);
    const b = f64x2.sub(promoteHigh(x), center);
    sum = f64x2.add(sum, f64x2.add(f64x2.mul(a, a), f64x2.mul(b, b)));
  }
  let total = sum64(sum);
  for (; index < count; index++) {
    const difference = <f64>load<f32>(values + <usize>index * 4) - mean;
    total += difference * difference;
  }
  return <f32>(1.0 / sqrt(total / <f64>count + epsilon));
}
