import type { Magnitudes, Move } from "../kinds/optimizer-type.ts";

/** The direction with the L2 penalty weightDecay x params added to it. */
export function decayed({ params }: Magnitudes, { direction }: Move, weightDecay: number): number {
  return direction + weightDecay * params;
}

/** value / (root + epsilon) at most: the root may be 0, and epsilon as float32 too. */
export function quotient(value: number, epsilon: number): number {
  return Math.fround(epsilon) === 0 ? Infinity : value / epsilon;
}
