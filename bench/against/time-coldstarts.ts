import { createTrainingProblem, mlpCase } from "../problems/problems.ts";
import { bundle } from "../runtimes/bundle.ts";
import { startWorkerd } from "../runtimes/workerd.ts";
import { median } from "../timing/statistics.ts";
import { alternate } from "./alternate.ts";
import { kernelsNames } from "./cases.ts";
import type { KernelsName } from "./cases.ts";
import type { Pair } from "./comparison.ts";
import { toPairs, toResult } from "./result.ts";
import type { Report } from "./result.ts";
import { onSide } from "./sides.ts";
import type { Trees } from "./sides.ts";

const rounds = 8;

/**
 * Milliseconds from a cold isolate to the end of the first step of MLP 784-256-128-10 at batch 32, less an empty
 * Worker's. Each run is a fresh workerd, in which isolates of both sides take turns. Throws where the losses differ.
 */
export async function timeColdstarts(trees: Trees, { runs, onResult }: Report): Promise<void> {
  const body = createBody();
  const empty = await bundle("empty-worker.ts", "workerd");
  for (const isDenseOnly of [false, true]) {
    const options = { isDenseOnly };
    const build = (side: "old" | "new") =>
      onSide(side, () => bundle("coldstart-worker.ts", "workerd", { ...options, checkout: trees[side] }));
    const programs = { empty, old: await build("old"), new: await build("new") };
    for (const kernels of kernelsNames) {
      const pairs: (readonly Pair[])[] = [];
      for (let run = 0; run < runs; run++) pairs.push(await timeRun(programs, { body, kernels }));
      const name = isDenseOnly ? "edgeprop/dense" : "edgeprop";
      onResult(toResult({ name, kernels, unit: "ms to the first step" }, pairs));
    }
  }
}

interface RunOptions {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly kernels: KernelsName;
}

async function timeRun(
  programs: Parameters<typeof startWorkerd>[0],
  { body, kernels }: RunOptions,
): Promise<readonly Pair[]> {
  const workerd = await startWorkerd(programs);
  let isolates = 0;
  const send = (program: string) =>
    workerd.isolate(program, `${program}-${isolates++}`).ask({ body, headers: { "x-kernels": kernels } });
  try {
    // The first requests of the process itself, and of each program's code in it.
    const losses = [];
    await send("empty");
    for (const side of ["old", "new"]) losses.push((await send(side)).text);
    if (losses[0] !== losses[1])
      throw new Error(`the loss in workerd is ${losses[0]} on the old side and ${losses[1]} on the new one`);
    const emptyMs: number[] = [];
    const results = await alternate(async (side) => {
      emptyMs.push((await send("empty")).ms);
      return (await send(side)).ms;
    }, rounds);
    const base = median(emptyMs);
    return toPairs(results, (ms) => ms - base);
  } finally {
    await workerd.stop();
  }
}

/** A batch as coldstart-worker.ts takes it: inputs, then labels. */
function createBody(): Uint8Array<ArrayBuffer> {
  const { batches } = createTrainingProblem({ ...mlpCase([784, 256, 128, 10], 32), numBatches: 1 });
  return new Uint8Array(
    Buffer.concat(
      batches
        .flatMap(({ inputs, labels }) => [inputs, labels])
        .map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)),
    ),
  );
}
