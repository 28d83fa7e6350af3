export type SideName = "old" | "new";

/** What two windows of each side measured. */
export type Round<T> = Readonly<Record<SideName, readonly [T, T]>>;

/**
 * Short windows in the order A B B A, every other round B A A B: what drifts on the machine in a round hits both sides
 * alike, and neither is always first.
 */
export async function alternate<T>(
  measure: (side: SideName) => Promise<T>,
  rounds: number,
): Promise<Round<T>[]> {
  const results: Round<T>[] = [];
  for (let round = 0; round < rounds; round++) {
    const [first, second] = orderOf(round);
    const outer = await measure(first);
    const inner = [await measure(second), await measure(second)] as const;
    const around = [outer, await measure(first)] as const;
    results.push(first === "old" ? { old: around, new: inner } : { old: inner, new: around });
  }
  return results;
}

/** The sides in the order in which they start in this round. */
export function orderOf(round: number): readonly [SideName, SideName] {
  return round % 2 === 0 ? ["old", "new"] : ["new", "old"];
}
