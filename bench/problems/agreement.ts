/**
 * Competitors count as computing the same when their losses lie this close, relatively. Sums in another order differ by
 * 1e-6; a preactivation within that of zero passes ReLU in one library and not in another, which was seen to move a
 * loss by 1e-4 ten steps later.
 */
export const lossTolerance = 2e-3;

/** The steps after which losses are compared. */
export const comparedSteps = [1, 10, 20] as const;

/**
 * Throws when a competitor's losses differ from those of the first by more than the tolerance; NaN differs. A slow one
 * brings those of fewer steps, the first step's at least.
 */
export function requireAgreement(losses: ReadonlyMap<string, readonly number[]>, what: string): void {
  const [first, ...others] = losses;
  if (first === undefined) return;
  const [reference, expected] = first;
  for (const [name, found] of others) {
    const count = Math.max(1, Math.min(found.length, expected.length));
    for (const index of comparedSteps.slice(0, count).keys()) {
      const [value = Number.NaN, against = Number.NaN] = [found[index], expected[index]];
      if (Math.abs(value - against) <= lossTolerance * Math.abs(against)) continue;
      throw new Error(
        `${what}: the loss after step ${comparedSteps[index]} is ${value} for ${name} and ${against} for ${reference}; ` +
          `they may differ by ${lossTolerance} of it, so nothing is timed`,
      );
    }
  }
}
