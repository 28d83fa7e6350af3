import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeProblem } from "../problems/problem-file.ts";
import type { TrainingProblem } from "../problems/problems.ts";
import { askOnce } from "../runtimes/node-process.ts";
import { median, rounded } from "../timing/statistics.ts";
import type { NodePeer } from "./bundles.ts";
import type { Embedded } from "./result.ts";

interface NodeOptions {
  /** Where the problem is written for the processes. */
  readonly folder: string;
  /** Fresh processes for each figure. Default 3. */
  readonly processes?: number;
}

/** Each figure is the median of some processes, which run the library's bundle as a device would. */
export async function measureInNode(
  { file, bytes }: NodePeer,
  problem: TrainingProblem,
  { folder, processes = 3 }: NodeOptions,
): Promise<Embedded> {
  const problemFile = join(folder, `${problem.name}.bin`);
  await writeFile(problemFile, encodeProblem(problem));
  const runs: Run[] = [];
  for (let index = 0; index < processes; index++) {
    const request = { bundleFile: file, problemFile };
    const [whole, beginning, budget, withImport] = [
      await runProcess<Whole>({ ...request, kind: "whole" }),
      await runProcess<Beginning>({ ...request, kind: "beginning" }),
      await runProcess<Budget>({ ...request, kind: "budget" }),
      await runProcess<Budget>({ ...request, kind: "import" }),
    ];
    runs.push({ ...whole, ...beginning, stepsIn10ms: budget.steps, stepsIn10msWithImport: withImport.steps });
  }
  const of = (field: Exclude<keyof Run, "loss">): number => rounded(median(runs.map((run) => run[field])));
  return {
    stepsPerSecond: of("stepsPerSecond"),
    stepsIn10ms: of("stepsIn10ms"),
    stepsIn10msWithImport: of("stepsIn10msWithImport"),
    first20StepsMs: of("first20StepsMs"),
    residentBytes: of("residentBytes"),
    wasmBytes: runs[0]?.wasmBytes ?? null,
    bundleBytes: bytes,
    firstStepMs: of("firstStepMs"),
    ...(runs[0] === undefined ? {} : { firstLoss: runs[0].loss }),
  };
}

/** What bench/programs/embedded/process.ts is asked. */
export interface EmbeddedRequest {
  readonly bundleFile: string;
  readonly problemFile: string;
  /** "budget" and "import" only count steps, with or without the import of the bundle; "beginning" times the first 20. */
  readonly kind: "whole" | "beginning" | "budget" | "import";
}

interface Whole {
  readonly loss: number;
  readonly firstStepMs: number;
  readonly stepsPerSecond: number;
  readonly residentBytes: number;
  readonly wasmBytes: number;
}

interface Beginning {
  readonly first20StepsMs: number;
}

interface Budget {
  readonly steps: number;
}

interface Run extends Whole, Beginning {
  readonly stepsIn10ms: number;
  readonly stepsIn10msWithImport: number;
}

function runProcess<T>(request: EmbeddedRequest): Promise<T> {
  return askOnce<T>(join(import.meta.dirname, "../programs/embedded/process.ts"), request);
}
