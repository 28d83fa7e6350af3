import type { FieldReader } from "../../checks/field-reader.ts";
import type { ClientUpdate, Report } from "../../frames/index.ts";

/** The name of a strategy and its options, as plain JSON: what a RunSpec carries. */
export interface StrategySpec {
  readonly name: string;
}

/**
 * How a round's updates become the next params: a plain object, which keeps nothing between calls. `combines` says
 * what of the updates it is given; close-round.ts has one branch for each kind, and the compiler asks for the branch
 * of a new one.
 */
export type Strategy<S extends StrategySpec = StrategySpec> = MeanStrategy<S> | UpdatesStrategy<S>;

/** Sees the weighted mean of the deltas alone, which is summed in fixed point: the order of arrival changes no byte. */
export interface MeanStrategy<S extends StrategySpec = StrategySpec> extends StrategyBase<S> {
  readonly combines: "mean";
  /** A positive integer, so that weight x delta is exact in float64. */
  weightOf(report: Report): number;
  next(spec: S, round: MeanRound): ServerStep;
}

/** Sees every single update of the round, as a median or Krum must. */
export interface UpdatesStrategy<S extends StrategySpec = StrategySpec> extends StrategyBase<S> {
  readonly combines: "updates";
  next(spec: S, round: UpdatesRound): ServerStep;
}

interface StrategyBase<S extends StrategySpec> {
  readonly name: S["name"];
  /** Checks the options and fills in their defaults; throws `bad-option`, naming the field. */
  parse(fields: FieldReader): S;
  /** What the strategy keeps between rounds, as it is before the first; by default nothing. Its length never changes. */
  initialState?(spec: S, numParams: number): Float32Array;
}

/** The params that the next round starts from, and the state that is kept with them; new arrays, or those given. */
export interface ServerStep {
  readonly params: Float32Array;
  readonly state: Float32Array;
}

/** What a round starts from; neither array may be written into. */
interface StartedRound extends ServerStep {
  /** From 1. */
  readonly round: number;
}

export interface MeanRound extends StartedRound {
  readonly mean: RoundMean;
}

/** The weighted mean of a round's deltas, sum(weight x delta) / sum(weight), read from the fixed-point sum. */
export interface RoundMean {
  /** Rounded to float32, flat, in layout order. */
  values(): Float32Array;
  /** values + scale x mean in float64, rounded to float32 once. */
  addTo(values: Float32Array, scale: number): Float32Array;
}

export interface UpdatesRound extends StartedRound {
  /** In the order of the clients' names, so that the order of arrival changes no byte. */
  readonly updates: readonly NamedUpdate[];
}

export interface NamedUpdate extends ClientUpdate {
  readonly client: string;
}

/** The strategies that a run can name, by their names. */
export type StrategySet = Readonly<Record<string, Strategy>>;
