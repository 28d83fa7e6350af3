import type { AgainstCase } from "./cases.ts";
import { ask, startSide } from "./sides.ts";
import type { Programs } from "./sides.ts";

/** A case for which the sides do not train to the same params: their SHA-256, or `error: ...`. */
export interface Mismatch {
  readonly name: string;
  readonly old: string;
  readonly new: string;
}

/** Trains each case on both sides, same seed, deterministic kernels. An error is a mismatch, even on both sides. */
export async function findMismatches(programs: Programs, cases: readonly AgainstCase[]): Promise<Mismatch[]> {
  const [old, current] = [startSide(programs, "old"), startSide(programs, "new")];
  const hashOf = async (program: typeof old, each: AgainstCase): Promise<string> => {
    try {
      return (await ask<{ readonly params: string }>(program, { kind: "bytes", each })).params;
    } catch (error) {
      return `error: ${error instanceof Error ? error.message : String(error)}`;
    }
  };
  const mismatches: Mismatch[] = [];
  try {
    for (const each of cases) {
      const found = { name: each.name, old: await hashOf(old, each), new: await hashOf(current, each) };
      if (found.old !== found.new || found.old.startsWith("error: ")) mismatches.push(found);
    }
  } finally {
    await old.stop();
    await current.stop();
  }
  return mismatches;
}
