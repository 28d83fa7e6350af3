import type { Setting } from "./grid.ts";

export interface Outcome {
  /** Test accuracy after each round; shorter than the run where training broke. */
  readonly accuracies: readonly number[];
  /** Why it broke. */
  readonly failure?: string;
}

export interface Run {
  readonly alpha: number;
  readonly seed: number;
  readonly rule: Setting["rule"];
  readonly setting: string;
  /** The first round after which test accuracy is at least 97 %; one more than there are rounds where none is. */
  readonly roundsTo97: number;
  /** After the last round: the tenth, unless --rounds says otherwise. */
  readonly accuracy10: number;
  /** Test accuracy after each round. */
  readonly accuracies: readonly number[];
  /** Why training broke off, where it did; `accuracy10` is then of the last round that closed. */
  readonly failure?: string;
}

/** A setting of one alpha over all seeds. */
export interface Row {
  readonly alpha: number;
  readonly rule: Setting["rule"];
  readonly setting: string;
  readonly meanRoundsTo97: number;
  readonly meanAccuracy10: number;
  /** Runs that reached 97 %. */
  readonly reached97: number;
  readonly roundsTo97: Spread;
  readonly accuracy10: Spread;
}

interface Spread {
  readonly min: number;
  readonly max: number;
  /** The sample standard deviation, with n - 1; 0 for a single run. */
  readonly standardDeviation: number;
}

export interface Ratio {
  readonly alpha: number;
  /** Mean rounds to 97 % of the best ProxProp setting over those of the best setting of any backprop rule. */
  readonly rounds: number;
  /** Mean accuracy of the best ProxProp setting minus that best backprop setting's. */
  readonly accuracyGain: number;
}

const target = 0.97;

/** `rounds`: how many the run was to have. */
export function toRun(
  { accuracies, failure }: Outcome,
  { rounds, ...cell }: Pick<Run, "alpha" | "seed" | "rule" | "setting"> & { readonly rounds: number },
): Run {
  const reached = accuracies.findIndex((accuracy) => accuracy >= target);
  return {
    ...cell,
    roundsTo97: reached < 0 ? rounds + 1 : reached + 1,
    accuracy10: accuracies.at(-1) ?? 0,
    accuracies,
    ...(failure === undefined ? {} : { failure }),
  };
}

/** One row a setting and alpha, in the order of the runs. */
export function toRows(runs: readonly Run[], rounds: number): Row[] {
  const groups = Map.groupBy(runs, ({ alpha, rule, setting }) => JSON.stringify([alpha, rule, setting]));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { alpha, rule, setting } = first;
    const roundsTo97 = group.map((run) => run.roundsTo97);
    const accuracy10 = group.map((run) => run.accuracy10);
    return {
      alpha,
      rule,
      setting,
      meanRoundsTo97: meanOf(roundsTo97),
      meanAccuracy10: meanOf(accuracy10),
      reached97: roundsTo97.filter((value) => value <= rounds).length,
      roundsTo97: spreadOf(roundsTo97),
      accuracy10: spreadOf(accuracy10),
    };
  });
}

/** The best setting of each rule and alpha: fewest mean rounds to 97 %, then the highest mean accuracy. */
export function bestOfEach(rows: readonly Row[]): Row[] {
  const groups = Map.groupBy(rows, ({ alpha, rule }) => JSON.stringify([alpha, rule]));
  return [...groups.values()].flatMap((group) => group.toSorted(byMerit).slice(0, 1));
}

export function toRatios(best: readonly Row[]): Ratio[] {
  return [...Map.groupBy(best, ({ alpha }) => alpha)].flatMap(([alpha, rows]) => {
    const prox = rows.find(({ rule }) => rule === "proxprop");
    const [plain] = rows.filter(({ rule }) => rule !== "proxprop").toSorted(byMerit);
    if (prox === undefined || plain === undefined) return [];
    return {
      alpha,
      rounds: prox.meanRoundsTo97 / plain.meanRoundsTo97,
      accuracyGain: prox.meanAccuracy10 - plain.meanAccuracy10,
    };
  });
}

function byMerit(a: Row, b: Row): number {
  return a.meanRoundsTo97 - b.meanRoundsTo97 || b.meanAccuracy10 - a.meanAccuracy10;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function spreadOf(values: readonly number[]): Spread {
  const mean = meanOf(values);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    min: Math.min(...values),
    max: Math.max(...values),
    standardDeviation: Math.sqrt(squares / Math.max(1, values.length - 1)),
  };
}
