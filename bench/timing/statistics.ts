/** The middle value, or the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The middle half of the values over their median: 0.02 says that half of them lie within some 2 % of each other. */
export function spread(values: readonly number[]): number {
  const [low, high] = quartiles(values);
  return (high - low) / median(values);
}

/** The values between which the middle half lies. */
export function quartiles(values: readonly number[]): readonly [number, number] {
  return [quantile(values, 0.25), quantile(values, 0.75)];
}

/**
 * Two of the values between which the true median lies with 99 % confidence, whatever the distribution: a value falls
 * below it as a coin falls on heads, so its rank is binomial (here by the normal approximation, with half a value of
 * continuity correction). The least and the greatest value where there are fewer than twelve.
 */
export function medianInterval(values: readonly number[]): readonly [number, number] {
  const sorted = values.toSorted((a, b) => a - b);
  const count = sorted.length;
  const rank = Math.max(0, Math.floor((count - 1 - 2.576 * Math.sqrt(count)) / 2));
  return [sorted[rank] ?? Number.NaN, sorted[count - 1 - rank] ?? Number.NaN];
}

/** Linear between neighbours. */
function quantile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * fraction;
  const low = sorted[Math.floor(place)] ?? Number.NaN;
  const high = sorted[Math.ceil(place)] ?? Number.NaN;
  return low + (high - low) * (place - Math.floor(place));
}

/** For people and JSON: `digits` significant digits. */
export function rounded(value: number, digits = 4): number {
  return Number(value.toPrecision(digits));
}
