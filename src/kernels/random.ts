/**
 * out = low + (high - low) u, u uniform in [0, 1): the i-th u is the upper 24 bits of SplitMix64's i-th output
 * from the seed (Steele, Lea & Flood 2014). Evaluated in float64 and rounded once.
 */
export function uniform(count: i32, seedLow: i32, seedHigh: i32, low: f64, high: f64, out: usize): void {
  let state = ((<u64>(<u32>seedHigh)) << 32) | <u64>(<u32>seedLow);
  for (; count > 0; count--) {
    state += 0x9e3779b97f4a7c15;
    let x = state;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    x ^= x >> 31;
    const u = <f64>(<i32>(x >> 40)) * (1.0 / 16777216.0);
    store<f32>(out, <f32>(low + (high - low) * u));
    out += 4;
  }
}
