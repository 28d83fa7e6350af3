import { median, medianInterval, quartiles, rounded } from "../timing/statistics.ts";

/** What a window costs on either side, the mean of the two of a round: time or bytes, so less is better. */
export interface Pair {
  readonly old: number;
  readonly new: number;
}

export type Quantity = "time" | "bytes";

export interface Comparison {
  /** Medians. */
  readonly old: number;
  readonly new: number;
  /** The median of new / old over the pairs. */
  readonly ratio: number;
  /** Between these two lies the middle half of the ratios. */
  readonly quartiles: readonly [number, number];
  readonly pairs: number;
  readonly verdict: string;
}

/** Where functions and buffers happen to lie in memory makes a process of the same code this much faster or slower. */
const smallestDifference = 0.02;

/** Six pairs of the same code lie all on one side of 1 in one case of 32; fewer do so too often. */
const leastPairs = 6;

/**
 * The pairs of each run; a run is one process of each side, or one pair where every window has a process of its own.
 * A difference counts when it is at least two per cent, 1 lies outside the 99 % interval of the median, and every run
 * by itself says the same: pairs of one run share that run's luck.
 */
export function compare(runs: readonly (readonly Pair[])[], quantity: Quantity): Comparison {
  const pairs = runs.flat();
  const ratios = pairs.map(toRatio);
  const [low, high] = quartiles(ratios);
  const ratio = median(ratios);
  return {
    old: rounded(median(pairs.map((pair) => pair.old))),
    new: rounded(median(pairs.map((pair) => pair.new))),
    ratio: rounded(ratio),
    quartiles: [rounded(low), rounded(high)],
    pairs: pairs.length,
    verdict: toVerdict(
      runs.map((run) => run.map(toRatio)),
      quantity,
    ),
  };
}

function toRatio(pair: Pair): number {
  return pair.new / pair.old;
}

function toVerdict(runs: readonly (readonly number[])[], quantity: Quantity): string {
  const ratios = runs.flat();
  if (!ratios.every(Number.isFinite)) return "not measured";
  if (ratios.length < leastPairs) return "too few pairs to tell";
  const difference = median(ratios) - 1;
  const [low, high] = medianInterval(ratios);
  const isOneSided = (differences: readonly number[]): boolean =>
    differences.every((each) => each > 0) || differences.every((each) => each < 0);
  const isReal = isOneSided([low - 1, high - 1, ...runs.map((run) => median(run) - 1)]);
  if (!isReal || Math.abs(difference) < smallestDifference) return "within noise";
  const [more, less] = quantity === "time" ? ["slower", "faster"] : ["larger", "smaller"];
  return `${difference > 0 ? more : less} by ${(100 * Math.abs(difference)).toFixed(1)} %`;
}
