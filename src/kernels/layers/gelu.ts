import { callExp4 } from "../math/exp";
import { loadPart, storePart } from "../math/lanes";
import { multiplyAdd } from "../math/multiply-add";

/*
 * gelu(z) = z Phi(z), Phi being the normal distribution function (Hendrycks & Gimpel 2016, the exact form). With
 * y = |z| and the tail Q(y) = 1 - Phi(y) = e^(-y^2 / 2) R(y):
 *   gelu(z) = max(z, 0) - y Q(y)      gelu'(z) = s for z < 0, 1 - s else, s = Q(y) - y phi(y)
 * R(y) (y + 4) as a polynomial in (y - 4) / (y + 4) is the form of Shepherd & Laframboise 1981 (Mathematics of
 * Computation 36); the coefficients are our own fit for y up to 13.5, to a relative 8e-9. So the tail keeps its digits.
 */

/** For larger y the tail counts as 0: y Q(y) is below the normal float32 there, and soon e^(-y^2 / 2) is too. */
const farthest: f32 = 13.2;

/** out = z Phi(z), z being the preactivations. */
export function gelu(count: i32, preactivations: usize, out: usize): void {
  for (; count >= 4; count -= 4) {
    v128.store(out, gelu4(v128.load(preactivations)));
    preactivations += 16;
    out += 16;
  }
  if (count > 0) storePart(out, count, gelu4(loadPart(preactivations, count)));
}

/** gradient *= gelu'(z), z being the preactivations. */
export function geluBackward(count: i32, preactivations: usize, gradient: usize): void {
  for (; count >= 4; count -= 4) {
    v128.store(gradient, throughGelu4(v128.load(gradient), v128.load(preactivations)));
    preactivations += 16;
    gradient += 16;
  }
  if (count > 0)
    storePart(gradient, count, throughGelu4(loadPart(gradient, count), loadPart(preactivations, count)));
}

function gelu4(z: v128): v128 {
  const y = f32x4.min(f32x4.abs(z), f32x4.splat(farthest));
  const tail = f32x4.mul(f32x4.mul(y, scaledTail(y)), bell(y));
  return f32x4.sub(f32x4.max(z, f32x4.splat(0)), v128.and(tail, isNear(z)));
}

/** gradient gelu'(z) */
function throughGelu4(gradient: v128, z: v128): v128 {
  const y = f32x4.min(f32x4.abs(z), f32x4.splat(farthest));
  // 1 / sqrt(2 pi)
  const inner = f32x4.sub(scaledTail(y), f32x4.mul(y, f32x4.splat(0.3989422804014327)));
  const s = v128.and(f32x4.mul(inner, bell(y)), isNear(z));
  const slope = v128.bitselect(s, f32x4.sub(f32x4.splat(1), s), f32x4.lt(z, f32x4.splat(0)));
  return f32x4.mul(gradient, slope);
}

/** NaN counts as near, so that the result is NaN. */
function isNear(z: v128): v128 {
  return v128.not(f32x4.ge(f32x4.abs(z), f32x4.splat(farthest)));
}

/** e^(-y^2 / 2), with the square in two parts: rounding it as a whole would lose the last digits for a large y. */
function bell(y: v128): v128 {
  const high = v128.and(y, i32x4.splat(0xfffff000));
  const low = f32x4.mul(f32x4.sub(y, high), f32x4.add(y, high));
  const half = f32x4.splat(-0.5);
  return f32x4.mul(callExp4(f32x4.mul(f32x4.mul(high, high), half)), callExp4(f32x4.mul(low, half)));
}

/** R(y) */
function scaledTail(y: v128): v128 {
  const four = f32x4.splat(4);
  const sum = f32x4.add(y, four);
  const t = f32x4.div(f32x4.sub(y, four), sum);
  let p = f32x4.splat(-1.268366558e-4);
  p = multiplyAdd(p, t, f32x4.splat(1.905778936e-4));
  p = multiplyAdd(p, t, f32x4.splat(1.574309535e-3));
  p = multiplyAdd(p, t, f32x4.splat(-3.517474491e-3));
  p = multiplyAdd(p, t, f32x4.splat(-7.528394845e-3));
  p = multiplyAdd(p, t, f32x4.splat(6.04044139e-2));
  p = multiplyAdd(p, t, f32x4.splat(-1.865229504e-1));
  p = multiplyAdd(p, t, f32x4.splat(3.871368837e-1));
  p = multiplyAdd(p, t, f32x4.splat(-6.078966065e-1));
  p = multiplyAdd(p, t, f32x4.splat(7.552851355e-1));
  return f32x4.div(p, sum);
}
