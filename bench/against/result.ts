import type { Round } from "./alternate.ts";
import { compare } from "./comparison.ts";
import type { Comparison, Pair } from "./comparison.ts";
import type { KernelsName } from "./cases.ts";

/** One figure of one case, old beside new. */
export interface Result extends Figure, Comparison {}

interface Figure {
  readonly name: string;
  readonly kernels: KernelsName;
  readonly unit: string;
}

/** How often a case is measured anew, and who hears of what came out. */
export interface Report {
  /** Fresh processes of each side per case; `embedded` takes more, each for one window. */
  readonly runs: number;
  readonly onResult: (result: Result) => void;
}

export function toResult(figure: Figure, runs: readonly (readonly Pair[])[]): Result {
  return { ...figure, ...compare(runs, figure.unit === "bytes" ? "bytes" : "time") };
}

/** The mean of the two windows of each side; rounds in which a window has no such figure are left out. */
export function toPairs<T>(
  rounds: readonly Round<T>[],
  figureOf: (window: T) => number | null,
): readonly Pair[] {
  return rounds.flatMap((round) => {
    const [oldest, older, newer, newest] = [...round.old, ...round.new].map(figureOf);
    if (oldest == null || older == null || newer == null || newest == null) return [];
    return [{ old: (oldest + older) / 2, new: (newer + newest) / 2 }];
  });
}

export function toLine({ name, kernels, unit, ...found }: Result): string {
  const [low, high] = found.quartiles;
  const fixed = (value: number): string => value.toFixed(3);
  return (
    `${name.padEnd(28)} ${kernels.padEnd(12)} ${fixed(found.ratio)} (${fixed(low)} to ${fixed(high)}, ${found.pairs} pairs)  ` +
    `${found.verdict}: ${found.old} -> ${found.new} ${unit}`
  );
}
