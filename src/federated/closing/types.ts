import type { UpdateContent } from "../inputs.ts";
import type { RoundState } from "../types.ts";

/** Reads the updates of a run's rounds and turns a round's into the next params, for one RunSpec. */
export interface RoundCloser {
  /** The record of an update that can count, or why it cannot; from untrusted bytes. */
  read(bytes: Uint8Array): UpdateContent;
  /**
   * What the next round starts from, from the updates of this one in any order of arrival. Throws `non-finite`, or
   * `bad-shape` for a strategy that gives another number of values than it was given: trying again would not help.
   */
  close(round: Pick<RoundState, "round" | "updates">, stored: StoredRound): NextRound;
}

/** What is stored of a round. */
export interface StoredRound {
  /** What it started from, flat, in layout order. */
  readonly params: Float32Array;
  /** The server's state that it started with; null before the first round, and where none is kept. */
  readonly state: Float32Array | null;
  /** The bytes of the update that counts for a part. */
  readonly readUpdate: (part: string) => Uint8Array;
}

/** What the next round starts from, to be stored together. */
export interface NextRound {
  readonly params: Float32Array;
  /** What the strategy keeps, or the optimizer in `minibatch` mode; empty where nothing is kept. */
  readonly state: Float32Array;
}
