import { join } from "node:path";
import { buildEdgepropForNode, buildPeerForWorkerd } from "../embedded/bundles.ts";
import { measureInNode } from "../embedded/measure-in-node.ts";
import { measureInWorkerd } from "../embedded/measure-in-workerd.ts";
import type { Embedded } from "../embedded/result.ts";
import { createTrainingProblem, mlpCase } from "../problems/problems.ts";
import type { TrainingProblem } from "../problems/problems.ts";
import { alternate } from "./alternate.ts";
import type { Round, SideName } from "./alternate.ts";
import { kernelsNames } from "./cases.ts";
import { toPairs, toResult } from "./result.ts";
import type { Report } from "./result.ts";
import { onSide } from "./sides.ts";
import type { Trees } from "./sides.ts";

const cases = [mlpCase([784, 128, 10], 32), mlpCase([64, 32, 4], 8)].map((training) => ({
  ...training,
  numBatches: 4,
}));

/** Every window here is a fresh process, so rounds are few; the default of three runs gives nine, of which a verdict needs six. */
const roundsPerRun = 3;

/** The embedded benchmark's figures as costs: less is better. */
const figures: readonly {
  readonly unit: string;
  readonly of: (found: Embedded) => number | null;
}[] = [
  { unit: "ms per step", of: ({ stepsPerSecond }) => over(1000, stepsPerSecond) },
  { unit: "ms to the first step", of: ({ firstStepMs }) => firstStepMs },
  // Not the steps within 10 ms: they are what creation leaves of it, so a millisecond of luck doubles or halves them.
  { unit: "ms to the end of the 20th step", of: ({ first20StepsMs }) => first20StepsMs },
  { unit: "bytes", of: ({ residentBytes }) => residentBytes },
];

interface TimeOptions extends Report {
  /** For bundles and problems. */
  readonly folder: string;
}

/** Small trainings with edgeprop/dense; every window is fresh processes, of Node or of workerd. */
export async function timeEmbedded(trees: Trees, { runs, onResult, folder }: TimeOptions): Promise<void> {
  for (const training of cases) {
    const problem = createTrainingProblem(training);
    for (const kernels of kernelsNames) {
      const program = `against/peer-${kernels}.ts`;
      for (const [runtime, build] of [
        ["node", (side: SideName) => prepareNode({ program, checkout: trees[side] }, join(folder, side))],
        ["workerd", (side: SideName) => prepareWorkerd({ program, checkout: trees[side] })],
      ] as const) {
        const measures = {
          old: await onSide("old", () => build("old")),
          new: await onSide("new", () => build("new")),
        };
        const rounds = await alternate((side) => measures[side](problem), roundsPerRun * runs);
        requireSameLoss(rounds);
        for (const { unit, of } of figures) {
          const pairs = toPairs(rounds, of);
          const name = `${training.name} ${runtime}`;
          const runsOfOne = pairs.map((pair) => [pair]);
          if (pairs.length > 0) onResult(toResult({ name, kernels, unit }, runsOfOne));
        }
      }
    }
  }
}

type Measure = (problem: TrainingProblem) => Promise<Embedded>;

interface Peer {
  readonly program: string;
  readonly checkout: string;
}

async function prepareNode(peer: Peer, folder: string): Promise<Measure> {
  const built = await buildEdgepropForNode(peer, join(folder, "peer"));
  return (problem) => measureInNode(built, problem, { folder, processes: 1 });
}

async function prepareWorkerd(peer: Peer): Promise<Measure> {
  const built = await buildPeerForWorkerd({ ...peer, isDenseOnly: true });
  return (problem) => measureInWorkerd(built, problem);
}

function requireSameLoss(rounds: readonly Round<Embedded>[]): void {
  const losses = new Set(
    rounds.flatMap((round) => [...round.old, ...round.new].map((each) => each.firstLoss)),
  );
  if (losses.size > 1) throw new Error(`the first losses differ: ${[...losses].join(", ")}`);
}

function over(whole: number, count: number | null): number | null {
  return count === null || count <= 0 ? null : whole / count;
}
