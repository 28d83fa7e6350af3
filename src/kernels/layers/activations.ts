import { sigmoid4, tanh4 } from "../math/exp";
import { loadPart, loadLanes, storePart, storeLanes } from "../math/lanes";

/*
 * Forward a = sigma(z), in place. Backward dL/dz = dL/da sigma'(z), in place, for activations whose sigma' is known
 * from a alone.
 */

/** values = sigma(values), by the activation's number: 1 relu, 2 leakyRelu, 3 tanh, 4 sigmoid; 0 leaves them. */
export function activate(activation: i32, count: i32, values: usize): void {
  if (activation == 1) relu(count, values);
  else if (activation == 2) leakyRelu(count, values);
  else if (activation == 3) tanh(count, values);
  else if (activation == 4) sigmoid(count, values);
}

function relu(count: i32, values: usize): void {
  const zero = f32x4.splat(0);
  for (; count >= 4; count -= 4) {
    v128.store(values, f32x4.max(v128.load(values), zero));
    values += 16;
  }
  if (count > 0) storePart(values, count, f32x4.max(loadPart(values, count), zero));
}

/** max(z, z / 100) */
function leakyRelu(count: i32, values: usize): void {
  for (; count >= 4; count -= 4) {
    v128.store(values, leakyRelu4(v128.load(values)));
    values += 16;
  }
  if (count > 0) storePart(values, count, leakyRelu4(loadPart(values, count)));
}

function tanh(count: i32, values: usize): void {
  for (; count >= 4; count -= 4) {
    v128.store(values, tanh4(v128.load(values)));
    values += 16;
  }
  if (count > 0) storePart(values, count, tanh4(loadPart(values, count)));
}

function sigmoid(count: i32, values: usize): void {
  for (; count > 0; count -= 4) {
    storeLanes(values, count, sigmoid4(loadLanes(values, count)));
    values += 16;
  }
}

/** gradient *= sigma'(z) = [a > 0] */
export function reluBackward(count: i32, activations: usize, gradient: usize): void {
  const zero = f32x4.splat(0);
  for (; count >= 4; count -= 4) {
    v128.store(gradient, v128.and(v128.load(gradient), f32x4.gt(v128.load(activations), zero)));
    activations += 16;
    gradient += 16;
  }
  if (count > 0) {
    const isOpen = f32x4.gt(loadPart(activations, count), zero);
    storePart(gradient, count, v128.and(loadPart(gradient, count), isOpen));
  }
}

/** gradient *= sigma'(z) = 1 where a > 0, else 1 / 100 */
export function leakyReluBackward(count: i32, activations: usize, gradient: usize): void {
  for (; count >= 4; count -= 4) {
    v128.store(gradient, f32x4.mul(v128.load(gradient), leakyReluSlope(v128.load(activations))));
    activations += 16;
    gradient += 16;
  }
  if (count > 0) {
    const slopes = leakyReluSlope(loadPart(activations, count));
    storePart(gradient, count, f32x4.mul(loadPart(gradient, count), slopes));
  }
}

/** gradient *= sigma'(z) = 1 - a^2 */
export function tanhBackward(count: i32, activations: usize, gradient: usize): void {
  for (; count >= 4; count -= 4) {
    v128.store(gradient, f32x4.mul(v128.load(gradient), tanhSlope(v128.load(activations))));
    activations += 16;
    gradient += 16;
  }
  if (count > 0)
    storePart(gradient, count, f32x4.mul(loadPart(gradient, count), tanhSlope(loadPart(activations, count))));
}

/** gradient *= sigma'(z) = a (1 - a) */
export function sigmoidBackward(count: i32, activations: usize, gradient: usize): void {
  for (; count >= 4; count -= 4) {
    v128.store(gradient, f32x4.mul(v128.load(gradient), sigmoidSlope(v128.load(activations))));
    activations += 16;
    gradient += 16;
  }
  if (count > 0)
    storePart(
      gradient,
      count,
      f32x4.mul(loadPart(gradient, count), sigmoidSlope(loadPart(activations, count))),
    );
}

function leakyRelu4(z: v128): v128 {
  return f32x4.max(z, f32x4.mul(z, f32x4.splat(0.01)));
}

function leakyReluSlope(a: v128): v128 {
  return v128.bitselect(f32x4.splat(1), f32x4.splat(0.01), f32x4.gt(a, f32x4.splat(0)));
}

function tanhSlope(a: v128): v128 {
  return f32x4.sub(f32x4.splat(1), f32x4.mul(a, a));
}

function sigmoidSlope(a: v128): v128 {
  return f32x4.mul(a, f32x4.sub(f32x4.splat(1), a));
}
