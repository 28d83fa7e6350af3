/*
 * Logarithm and exponential of one float64 by their series. AssemblyScript's own functions bring tables of six
 * kilobytes, more than a tenth of all kernels, for a last bit that no loss needs.
 */

const ln2High: f64 = 6.9314718036912381649e-1;
const ln2Low: f64 = 1.90821492927058770002e-10;

/**
 * ln x for normal x > 0, to a few units in the last place: x = 2^k m, ln m = 2 artanh((m - 1) / (m + 1)). Infinity and
 * NaN stay what they are.
 */
export function log64(x: f64): f64 {
  if (!(x < f64.MAX_VALUE)) return x;
  const bits = reinterpret<u64>(x);
  // m lies in [sqrt(1/2), sqrt(2)): the mantissa of sqrt(2) decides which power of two is nearer.
  const k = <i64>((bits + 0x00095f619980c434) >> 52) - 1023;
  const m = reinterpret<f64>(bits - ((<u64>k) << 52));
  const f = (m - 1) / (m + 1);
  const s = f * f;
  let series: f64 = 1.0 / 23;
  for (let odd: f64 = 21; odd > 0; odd -= 2) series = series * s + 1 / odd;
  return <f64>k * ln2High + (2 * f * series + <f64>k * ln2Low);
}

/** e^x for x <= 0, to a few units in the last place, 0 below e^-708, NaN for NaN: x = k ln 2 + r, e^r by Taylor's series. */
export function exp64(x: f64): f64 {
  if (x < -708) return 0;
  const k = nearest<f64>(x * 1.442695040888963387);
  const r = x - k * ln2High - k * ln2Low;
  let series: f64 = 1;
  for (let n: f64 = 13; n > 0; n--) series = 1 + (series * r) / n;
  return series * reinterpret<f64>((<u64>(<i64>k + 1023)) << 52);
}
