import { loadLanes, promoteHigh, storeLanes } from "../math/lanes";
import { multiplyAdd } from "../math/multiply-add";

/*
 * Normalisation of channels: values are (rows, channels), four channels at a time, sums in float64.
 * xHat = (x - mean) inverse, inverse = 1 / sqrt(variance + epsilon), out = gamma xHat + beta.
 */

/**
 * moments (3, channels) of values (rows, channels): the mean; inverse = 1 / sqrt(biased variance + epsilon); and the
 * unbiased variance (0 for one row).
 */
export function channelMoments(rows: i32, channels: i32, epsilon: f64, values: usize, moments: usize): void {
  const step = <usize>channels * 4;
  const count = f64x2.splat(<f64>rows);
  const unbiased = f64x2.splat(rows > 1 ? 1.0 / <f64>(rows - 1) : 0);
  const floor = f64x2.splat(epsilon);
  const one = f64x2.splat(1);
  for (let channel: i32 = 0; channel < channels; channel += 4) {
    const lanes = channels - channel;
    const column = values + <usize>channel * 4;
    let low = f64x2.splat(0);
    let high = f64x2.splat(0);
    for (let row: i32 = 0, from = column; row < rows; row++, from += step) {
      const x = loadLanes(from, lanes);
      low = f64x2.add(low, f64x2.promote_low_f32x4(x));
      high = f64x2.add(high, promoteHigh(x));
    }
    const meanLow = f64x2.div(low, count);
    const meanHigh = f64x2.div(high, count);
    low = f64x2.splat(0);
    high = f64x2.splat(0);
    for (let row: i32 = 0, from = column; row < rows; row++, from += step) {
      const x = loadLanes(from, lanes);
      const a = f64x2.sub(f64x2.promote_low_f32x4(x), meanLow);
      const b = f64x2.sub(promoteHigh(x), meanHigh);
      low = f64x2.add(low, f64x2.mul(a, a));
      high = f64x2.add(high, f64x2.mul(b, b));
    }
    const inverseLow = f64x2.div(one, f64x2.sqrt(f64x2.add(f64x2.div(low, count), floor)));
    const inverseHigh = f64x2.div(one, f64x2.sqrt(f64x2.add(f64x2.div(high, count), floor)));
    const to = moments + <usize>channel * 4;
    storeLanes(to, lanes, demote(meanLow, meanHigh));
    storeLanes(to + step, lanes, demote(inverseLow, inverseHigh));
    storeLanes(to + 2 * step, lanes, demote(f64x2.mul(low, unbiased), f64x2.mul(high, unbiased)));
  }
}

function demote(low: v128, high: v128): v128 {
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

/** out = 1 / sqrt(variances + epsilon); a negative variance, which summed deltas of clients can make, counts as 0. */
export function inverseRoots(count: i32, epsilon: f64, variances: usize, out: usize): void {
  for (; count > 0; count--) {
    store<f32>(out, <f32>(1.0 / sqrt(max(<f64>load<f32>(variances), 0) + epsilon)));
    variances += 4;
    out += 4;
  }
}

/** out += weight (values - out) */
export function interpolate(count: i32, weight: f64, values: usize, out: usize): void {
  for (; count > 0; count--) {
    const from = <f64>load<f32>(out);
    store<f32>(out, <f32>(from + weight * (<f64>load<f32>(values) - from)));
    values += 4;
    out += 4;
  }
}

/** out (rows, channels) = gamma (values - mean) inverse + beta, each of them per channel. */
export function normalizeChannels(
  rows: i32,
  channels: i32,
  mean: usize,
  inverse: usize,
  gamma: usize,
  beta: usize,
  values: usize,
  out: usize,
): void {
  const step = <usize>channels * 4;
  for (; rows > 0; rows--) {
    for (let channel: i32 = 0; channel < channels; channel += 4) {
      const lanes = channels - channel;
      const at = <usize>channel * 4;
      const x = f32x4.sub(loadLanes(values + at, lanes), loadLanes(mean + at, lanes));
      const factor = f32x4.mul(loadLanes(gamma + at, lanes), loadLanes(inverse + at, lanes));
      storeLanes(out + at, lanes, multiplyAdd(x, factor, loadLanes(beta + at, lanes)));
    }
    values += step;
    out += step;
  }
}

/** sums (2, channels) = sum of g xHat over the rows, and of g: the gradients of gamma and beta. */
export function channelSums(
  rows: i32,
  channels: i32,
  mean: usize,
  inverse: usize,
  values: usize,
  gradient: usize,
  sums: usize,
): void {
  const step = <usize>channels * 4;
  for (let channel: i32 = 0; channel < channels; channel += 4) {
    const lanes = channels - channel;
    const at = <usize>channel * 4;
    const center = loadLanes(mean + at, lanes);
    const factor = loadLanes(inverse + at, lanes);
    let gammaLow = f64x2.splat(0);
    let gammaHigh = f64x2.splat(0);
    let betaLow = f64x2.splat(0);
    let betaHigh = f64x2.splat(0);
    let place = at;
    for (let row: i32 = 0; row < rows; row++, place += step) {
      const g = loadLanes(gradient + place, lanes);
      const xHat = f32x4.mul(f32x4.sub(loadLanes(values + place, lanes), center), factor);
      const gLow = f64x2.promote_low_f32x4(g);
      const gHigh = promoteHigh(g);
      gammaLow = f64x2.add(gammaLow, f64x2.mul(gLow, f64x2.promote_low_f32x4(xHat)));
      gammaHigh = f64x2.add(gammaHigh, f64x2.mul(gHigh, promoteHigh(xHat)));
      betaLow = f64x2.add(betaLow, gLow);
      betaHigh = f64x2.add(betaHigh, gHigh);
    }
    storeLanes(sums + at, lanes, demote(gammaLow, gammaHigh));
    storeLanes(sums + step + at, lanes, demote(betaLow, betaHigh));
  }
}

/**
 * inputGradient = gamma inverse (g - (sum of g + xHat sum of g xHat) / rows), where the moments are the rows' own;
 * sums as channelSums makes them.
 */
export function normalizeChannelsBackward(
  rows: i32,
  channels: i32,
  mean: usize,
  inverse: usize,
  gamma: usize,
  sums: usize,
  values: usize,
  gradient: usize,
  inputGradient: usize,
): void {
  const step = <usize>channels * 4;
  const part = f32x4.splat(<f32>(1.0 / <f64>rows));
  for (; rows > 0; rows--) {
    for (let channel: i32 = 0; channel < channels; channel += 4) {
      const lanes = channels - channel;
      const at = <usize>channel * 4;
      const root = loadLanes(inverse + at, lanes);
      const slope = f32x4.mul(f32x4.mul(loadLanes(sums + at, lanes), part), root);
      const shift = f32x4.mul(loadLanes(sums + step + at, lanes), part);
      const x = f32x4.sub(loadLanes(values + at, lanes), loadLanes(mean + at, lanes));
      const own = f32x4.sub(loadLanes(gradient + at, lanes), multiplyAdd(x, slope, shift));
      storeLanes(inputGradient + at, lanes, f32x4.mul(f32x4.mul(loadLanes(gamma + at, lanes), root), own));
    }
    values += step;
    gradient += step;
    inputGradient += step;
  }
}

/** inputGradient = gamma inverse g, where the moments do not depend on the rows. */
export function scaleChannels(
  rows: i32,
  channels: i32,
  inverse: usize,
  gamma: usize,
  gradient: usize,
  inputGradient: usize,
): void {
  const step = <usize>channels * 4;
  for (; rows > 0; rows--) {
    for (let channel: i32 = 0; channel < channels; channel += 4) {
      const lanes = channels - channel;
      const at = <usize>channel * 4;
      const factor = f32x4.mul(loadLanes(gamma + at, lanes), loadLanes(inverse + at, lanes));
      storeLanes(inputGradient + at, lanes, f32x4.mul(loadLanes(gradient + at, lanes), factor));
    }
    gradient += step;
    inputGradient += step;
  }
}
