import type { Slice } from "../timing/interleave.ts";
import { alternate, orderOf } from "./alternate.ts";
import type { SideName } from "./alternate.ts";
import { kernelsNames } from "./cases.ts";
import type { AgainstCase, KernelsName } from "./cases.ts";
import type { Pair } from "./comparison.ts";
import { toPairs, toResult } from "./result.ts";
import type { Report } from "./result.ts";
import { ask, startSide } from "./sides.ts";
import type { Programs } from "./sides.ts";

const warmUpMs = 500;
/** Short: what else runs on the machine changes within tens of milliseconds. */
const sliceMs = 10;
/** A case whose single steps are longer than a window gets as many rounds as fit into this, and two at least. */
const runMs = 3000;
const mostRounds = 40;
const leastRounds = 2;

/** Milliseconds per step of each case and build of the kernels. */
export async function timeSteps(
  programs: Programs,
  cases: readonly AgainstCase[],
  { runs, onResult }: Report,
): Promise<void> {
  for (const each of cases) {
    for (const kernels of kernelsNames) {
      const pairs: (readonly Pair[])[] = [];
      for (let run = 0; run < runs; run++) pairs.push(await timeRun(programs, { each, kernels, run }));
      onResult(toResult({ name: each.name, kernels, unit: "ms per step" }, pairs));
    }
  }
}

interface RunOptions {
  readonly each: AgainstCase;
  readonly kernels: KernelsName;
  readonly run: number;
}

/** Fresh processes: what one has of luck with its memory or its compiler ends with it. */
async function timeRun(programs: Programs, { each, kernels, run }: RunOptions): Promise<readonly Pair[]> {
  const started = { old: startSide(programs, "old"), new: startSide(programs, "new") };
  const slice = async (side: SideName, ms: number): Promise<number> => {
    const done = await ask<Slice>(started[side], { kind: "slice", sliceMs: ms });
    return done.ms / done.count;
  };
  try {
    let stepMs = 0;
    for (const side of orderOf(run)) {
      await ask(started[side], { kind: "prepare", each, kernels });
      stepMs = Math.max(stepMs, await slice(side, warmUpMs));
    }
    const fitting = Math.floor(runMs / (4 * Math.max(sliceMs, stepMs)));
    const rounds = await alternate(
      (side) => slice(side, sliceMs),
      Math.min(mostRounds, Math.max(leastRounds, fitting)),
    );
    return toPairs(rounds, (stepTime) => stepTime);
  } finally {
    await started.old.stop();
    await started.new.stop();
  }
}
