import { log64 } from "../math/math64";

/**
 * out = low + (high - low) u, u uniform in [0, 1): the i-th u is the upper 24 bits of SplitMix64's i-th output
 * from the seed (Steele, Lea & Flood 2014). Evaluated in float64 and rounded once.
 */
export function uniform(count: i32, seedLow: i32, seedHigh: i32, low: f64, high: f64, out: usize): void {
  let state = toState(seedLow, seedHigh);
  for (; count > 0; count--) {
    state += weyl;
    const u = <f64>(<i32>(mix(state) >> 40)) * (1.0 / 16777216.0);
    store<f32>(out, <f32>(low + (high - low) * u));
    out += 4;
  }
}

/**
 * out = values of mean 0 and variance 1 by Marsaglia's polar method: points (u, v) in [-1, 1)^2 are drawn
 * from the same generator until one lies within the unit circle; it gives u sqrt(-2 log s / s) with s = u^2 + v^2.
 */
export function normal(count: i32, seedLow: i32, seedHigh: i32, out: usize): void {
  let state = toState(seedLow, seedHigh);
  for (; count > 0; count--) {
    let u: f64 = 0;
    let s: f64 = 0;
    while (s == 0 || s >= 1) {
      state += weyl;
      u = toSigned(mix(state));
      state += weyl;
      const v = toSigned(mix(state));
      s = u * u + v * v;
    }
    store<f32>(out, <f32>(u * sqrt((-2 * log64(s)) / s)));
    out += 4;
  }
}

const weyl: u64 = 0x9e3779b97f4a7c15;

function toState(seedLow: i32, seedHigh: i32): u64 {
  return ((<u64>(<u32>seedHigh)) << 32) | <u64>(<u32>seedLow);
}

function mix(state: u64): u64 {
  let x = state;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

/** The upper 53 bits in [-1, 1). */
function toSigned(bits: u64): f64 {
  return <f64>(bits >> 11) * (1.0 / 4503599627370496.0) - 1;
}
