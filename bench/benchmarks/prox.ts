import { createTrainer, proxProp } from "../../src/node.ts";
import type { ProxPropRule } from "../../src/node.ts";
import { defaultInterleave, interleave, toContestant } from "../timing/interleave.ts";
import type { Contestant } from "../timing/interleave.ts";
import { createEdgepropPeer } from "../peers/edgeprop.ts";
import { convnet, createTrainingProblem, mlpCase, paperMlp } from "../problems/problems.ts";
import type { TrainingCase, TrainingProblem } from "../problems/problems.ts";
import { proxErrors, proxTolerance } from "../problems/prox-oracle.ts";
import { progress, runBenchmark } from "../command/report.ts";
import { median, rounded, spread } from "../timing/statistics.ts";

interface ProxCase {
  readonly training: TrainingCase;
  readonly tau: number;
  readonly reduction: ProxPropRule["reduction"];
  readonly rounds: number;
}

/** tau of the networks from the paper is the paper's. */
const cases: readonly ProxCase[] = [
  ...[8, 32, 128].map((batchSize) => ({
    training: mlpCase([784, 256, 128, 10], batchSize),
    tau: 1,
    reduction: "mean" as const,
    rounds: 15,
  })),
  { training: paperMlp, tau: 0.05, reduction: "sum", rounds: 5 },
  { training: convnet, tau: 1, reduction: "sum", rounds: 9 },
];
const solvers = { exact: null, cg3: 3, cg5: 5, cg10: 10 } as const;
const options = { sliceMs: 60, contestantMs: 60_000 };

/** The time of a ProxProp step over that of a backprop step, both with plain SGD, in alternation. */
export async function run(args: readonly string[]): Promise<void> {
  const description = "The time of exact and CG ProxProp steps over that of a plain backprop step.";
  await runBenchmark({ name: "prox", description }, args, measure);
}

async function measure(): Promise<object> {
  const results = [];
  for (const each of cases) results.push(await measureCase(each));
  return {
    unit: "step time / backprop step time",
    options: { ...defaultInterleave, ...options },
    tolerance: proxTolerance,
    cases: results,
  };
}

async function measureCase({ training, tau, reduction, rounds }: ProxCase): Promise<object> {
  const problem = createTrainingProblem(training);
  const errors: Record<string, number> = {};
  const contestants: Contestant[] = [await contestantOf("backprop", problem, { name: "backprop" })];
  for (const [name, cgIterations] of Object.entries(solvers)) {
    const solver = cgIterations === null ? {} : { proxSolver: "cg" as const, cgIterations };
    const rule = proxProp({ tau, reduction, ...solver });
    const { difference, error } = await proxErrors(problem, rule);
    // Also where it is NaN.
    if (!(error <= proxTolerance))
      throw new Error(
        `${training.name}, ${name}: a direction is wrong by ${error} of itself; nothing is timed`,
      );
    errors[name] = rounded(difference, 2);
    contestants.push(await contestantOf(name, problem, rule));
  }
  const measured = await interleave(contestants, { ...options, rounds });
  const backprop = measured.get("backprop")?.rates ?? [];
  const ratios = (name: string): number[] =>
    (measured.get(name)?.rates ?? []).map((rate, round) => (backprop[round] ?? Number.NaN) / rate);
  const names = Object.keys(solvers);
  const result = {
    name: training.name,
    ...Object.fromEntries(names.map((name) => [name, rounded(median(ratios(name)), 3)])),
    backpropStepMs: rounded(1000 / (measured.get("backprop")?.rate ?? Number.NaN)),
    tau,
    reduction,
    spread: Object.fromEntries(names.map((name) => [name, rounded(spread(ratios(name)), 2)])),
    directionErrors: errors,
  };
  progress(JSON.stringify(result));
  return result;
}

async function contestantOf(
  name: string,
  problem: TrainingProblem,
  rule: ProxPropRule | { readonly name: "backprop" },
): Promise<Contestant> {
  const peer = await createEdgepropPeer(createTrainer, rule)(problem);
  let steps = 0;
  return toContestant(name, () => peer.step(steps++ % problem.numBatches));
}
