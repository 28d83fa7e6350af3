import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lossTolerance } from "../problems/agreement.ts";
import { buildForNode, buildForWorkerd } from "../embedded/bundles.ts";
import { measureInNode } from "../embedded/measure-in-node.ts";
import { measureInWorkerd } from "../embedded/measure-in-workerd.ts";
import { createTrainingProblem, mlpCase } from "../problems/problems.ts";
import type { TrainingProblem } from "../problems/problems.ts";
import { cannotRun, libraries } from "../embedded/result.ts";
import type { Embedded, Library } from "../embedded/result.ts";
import { installPeers, progress, runBenchmark } from "../command/report.ts";

const cases = [
  mlpCase([784, 128, 10], 32),
  mlpCase([784, 128, 10], 1),
  mlpCase([64, 32, 4], 8),
  { ...mlpCase([64, 32, 10], 8), name: "digits-64-32-10-b8" },
].map((training) => ({ ...training, numBatches: 4 }));
/** What training costs a small device, beside a plain loop and the JavaScript libraries. */
export async function run(args: readonly string[]): Promise<void> {
  const description = "Speed, start, memory and bytes of small trainings in Node and in workerd.";
  await runBenchmark({ name: "embedded", description }, args, measure);
}

async function measure(): Promise<object> {
  await installPeers(["@jax-js/jax", "convnetjs", "esbuild"]);
  const folder = await mkdtemp(join(tmpdir(), "edgeprop-bench-"));
  const results = [];
  try {
    for (const training of cases) {
      const problem = createTrainingProblem(training);
      for (const library of libraries) {
        for (const [runtime, measureIn] of [
          ["node", inNode],
          ["workerd", inWorkerd],
        ] as const) {
          const found = await orReason(measureIn(library, problem, folder));
          requireLoss(problem, library, found);
          const result = { name: training.name, runtime, library, ...found };
          progress(JSON.stringify(result));
          results.push(result);
        }
      }
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  return { tolerance: lossTolerance, cases: results };
}

async function inNode(library: Library, problem: TrainingProblem, folder: string): Promise<Embedded> {
  return measureInNode(await buildForNode(library, join(folder, library, "bundle")), problem, { folder });
}

async function inWorkerd(library: Library, problem: TrainingProblem): Promise<Embedded> {
  return measureInWorkerd(await buildForWorkerd(library), problem);
}

async function orReason(measuring: Promise<Embedded>): Promise<Embedded> {
  try {
    return await measuring;
  } catch (error) {
    return { ...cannotRun, notes: error instanceof Error ? error.message : String(error) };
  }
}

const firstLosses = new Map<string, number>();

/** Every library's first loss against that of the first library, in Node. */
function requireLoss({ name }: TrainingProblem, library: Library, { firstLoss }: Embedded): void {
  if (firstLoss === undefined) return;
  const expected = firstLosses.get(name) ?? firstLoss;
  firstLosses.set(name, expected);
  if (Math.abs(firstLoss - expected) <= lossTolerance * expected) return;
  throw new Error(`${name}: the first loss of ${library} is ${firstLoss}; expected ${expected}`);
}
