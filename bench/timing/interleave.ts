import { median, rounded, spread } from "./statistics.ts";

/** What a competitor did in one slice of time: whole operations, and how long they took together. */
export interface Slice {
  readonly count: number;
  readonly ms: number;
}

export interface Contestant {
  readonly name: string;
  /** Works for about `ms` milliseconds, one operation at least. */
  slice(ms: number): Promise<Slice>;
}

export interface Measured {
  /** Operations per second of every slice, in the order of rounds. */
  readonly rates: readonly number[];
  /** Their median. */
  readonly rate: number;
  /** Interquartile range over the median. */
  readonly spread: number;
}

export interface InterleaveOptions {
  readonly rounds: number;
  readonly sliceMs: number;
  /** V8 makes a wasm function fast only between calls, so a warm-up is many calls over this long. */
  readonly warmUpMs: number;
  /** A contestant whose one operation is longer than a slice gets as many rounds as fit into this, and one at least. */
  readonly contestantMs: number;
}

export const defaultInterleave: InterleaveOptions = {
  rounds: 9,
  sliceMs: 120,
  warmUpMs: 500,
  contestantMs: 6000,
};

/**
 * Every round each contestant works for one short slice, the first one another every round: what the machine does
 * meanwhile (its clock, its neighbours) hits all alike.
 */
export async function interleave(
  contestants: readonly Contestant[],
  options: Partial<InterleaveOptions> = {},
): Promise<Map<string, Measured>> {
  const { rounds, sliceMs, warmUpMs, contestantMs } = { ...defaultInterleave, ...options };
  const runners = [];
  for (const contestant of contestants) {
    const { count, ms } = await contestant.slice(warmUpMs);
    const fitting = Math.floor(contestantMs / Math.max(sliceMs, ms / count));
    runners.push({ contestant, turns: Math.min(rounds, Math.max(1, fitting)), rates: [] as number[] });
  }
  for (let round = 0; round < rounds; round++) {
    for (let place = 0; place < runners.length; place++) {
      const runner = runners[(round + place) % runners.length];
      if (runner === undefined || !isTurn(round, rounds, runner.turns)) continue;
      const { count, ms } = await runner.contestant.slice(sliceMs);
      runner.rates.push((1000 * count) / ms);
    }
  }
  return new Map(
    runners.map(({ contestant, rates }) => [
      contestant.name,
      { rates, rate: median(rates), spread: rounded(spread(rates), 2) },
    ]),
  );
}

/** `turns` of the rounds, spread evenly over all of them. */
function isTurn(round: number, rounds: number, turns: number): boolean {
  return Math.floor(((round + 1) * turns) / rounds) > Math.floor((round * turns) / rounds);
}

/** A contestant that runs in this process. `operation` may be asynchronous. */
export function toContestant(name: string, operation: () => unknown): Contestant {
  return { name, slice: (ms) => timeSlice(operation, ms) };
}

/** Runs the operation again and again until `ms` are over. */
export async function timeSlice(operation: () => unknown, ms: number): Promise<Slice> {
  const start = performance.now();
  const elapsed = startStopwatch();
  let count = 0;
  do {
    const result = operation();
    if (result instanceof Promise) await result;
    count += 1;
  } while (performance.now() - start < ms);
  return { count, ms: elapsed() };
}

/**
 * Milliseconds since now by the clock, or of this process's CPU time where that is less: what other processes of the
 * machine take away is nobody's work.
 */
export function startStopwatch(): () => number {
  const cpu = process.cpuUsage();
  const start = performance.now();
  return () => {
    const clock = performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    return Math.min(clock, (user + system) / 1000);
  };
}
