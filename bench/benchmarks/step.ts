import { comparedSteps, lossTolerance, requireAgreement } from "../problems/agreement.ts";
import { startCompetitor, startPytorch } from "../peers/competitor.ts";
import type { Competitor } from "../peers/competitor.ts";
import { defaultInterleave, interleave } from "../timing/interleave.ts";
import { convnet, createTrainingProblem, gemmFlops, mlpCase, paperMlp } from "../problems/problems.ts";
import type { TrainingCase } from "../problems/problems.ts";
import { installPeers, progress, runBenchmark } from "../command/report.ts";
import { rounded } from "../timing/statistics.ts";

interface StepCase {
  readonly training: TrainingCase;
  /** Large networks have one: the batch at which slow libraries too can take the compared steps. */
  readonly smallBatch?: number;
}

const cases: readonly StepCase[] = [
  { training: mlpCase([784, 256, 128, 10], 32) },
  { training: mlpCase([784, 128, 10], 16) },
  { training: paperMlp, smallBatch: 8 },
  { training: convnet, smallBatch: 1 },
];
/** How long a library's compared steps may take; large networks are compared at the small batch too, so less there. */
const checkMs = 60_000;
const largeCheckMs = 8_000;
const smallCheckMs = 20_000;
/** A single step that is longer than this is timed once. */
const longStepMs = 20_000;
/** What would be longer for a single step is not run at all. */
const longestStepMs = 90_000;
const options = { rounds: 9, sliceMs: 150, contestantMs: 6_000 };

/** Samples per second of a plain SGD step through the public API of each library, losses compared before. */
export async function run(args: readonly string[]): Promise<void> {
  const description = "Samples per second of training steps, beside tfjs, jax-js and PyTorch.";
  await runBenchmark({ name: "step", description }, args, measure);
}

async function measure(): Promise<object> {
  await installPeers(["@jax-js/jax"]);
  const results = [];
  for (const each of cases) results.push(await measureCase(each));
  return {
    unit: "samples/s",
    options: { ...defaultInterleave, ...options },
    tolerance: lossTolerance,
    comparedSteps,
    cases: results,
  };
}

async function measureCase(each: StepCase): Promise<object> {
  const { training } = each;
  const notes: string[] = [];
  const losses = new Map<string, readonly number[]>();
  const smallLosses = new Map<string, readonly number[]>();
  const ready: Competitor[] = [];
  /** Samples per second of the libraries whose single step is longer than all their slices. */
  const slow = new Map<string, number>();
  const competitors = [
    startCompetitor("edgeprop"),
    startCompetitor("tfjs-wasm"),
    startCompetitor("tfjs-cpu"),
    startCompetitor("jax-js"),
    startPytorch(),
  ];
  const peak = startCompetitor("edgeprop", "peak");
  try {
    for (const competitor of competitors) {
      const { name } = competitor;
      try {
        const { expectedMs, check } = await prepareSmall(competitor, each);
        if (check !== undefined) smallLosses.set(name, check);
        const prepared = await competitor.prepare({
          kind: "step",
          training,
          checkMs: checkMsFor(expectedMs),
        });
        losses.set(name, prepared.check);
        progress(
          `${training.name}: ${name} has losses ${prepared.check.map((loss) => rounded(loss, 6)).join(", ")}`,
        );
        if (prepared.note !== undefined) notes.push(`${name}: ${prepared.note}`);
        const { operationMs = 0 } = prepared;
        if (operationMs > longStepMs) slow.set(name, (1000 * training.batchSize) / operationMs);
        else ready.push(competitor);
      } catch (error) {
        if (name === "edgeprop") throw error;
        const reason = error instanceof Error ? error.message : String(error);
        notes.push(reason.startsWith(name) ? reason : `${name}: ${reason}`);
      }
    }
    requireAgreement(losses, training.name);
    requireAgreement(smallLosses, `${training.name} at batch ${each.smallBatch}`);
    const { flops = 0 } = await peak.prepare({ kind: "peak" });
    const measured = await interleave([...ready, peak], options);
    const rates = new Map([...measured].map(([name, { rate }]) => [name, rate * training.batchSize]));
    for (const [name, rate] of slow) {
      rates.set(name, rate);
      notes.push(`${name}: one step, timed where its loss is compared`);
    }
    return toResult(
      training,
      { rates, peakFlops: (measured.get("peak")?.rate ?? Number.NaN) * flops },
      {
        spread: Object.fromEntries([...measured].map(([name, { spread }]) => [name, spread])),
        losses: Object.fromEntries(losses),
        ...(smallLosses.size === 0
          ? {}
          : { smallBatch: each.smallBatch, smallBatchLosses: Object.fromEntries(smallLosses) }),
        notes,
      },
    );
  } finally {
    for (const competitor of [...competitors, peak]) await competitor.close();
  }
}

interface SmallCheck {
  /** What a step of the whole batch will take. */
  readonly expectedMs: number;
  readonly check?: readonly number[];
}

/** The compared steps at the small batch; rejects when a step of the whole batch would be too long. */
async function prepareSmall(competitor: Competitor, { training, smallBatch }: StepCase): Promise<SmallCheck> {
  if (smallBatch === undefined) return { expectedMs: 0 };
  const small = { ...training, batchSize: smallBatch, numBatches: 4 };
  const { check } = await competitor.prepare({ kind: "step", training: small, checkMs: smallCheckMs });
  const { count, ms } = await competitor.slice(100);
  const expectedMs = ((ms / count) * training.batchSize) / smallBatch;
  if (expectedMs <= longestStepMs) return { expectedMs, check };
  throw new Error(
    `a step would take about ${Math.round(expectedMs / 1000)} s: at batch ${smallBatch} it makes ${rounded((1000 * count * smallBatch) / ms, 2)} samples/s`,
  );
}

function checkMsFor(expectedMs: number): number {
  if (expectedMs === 0) return checkMs;
  return expectedMs > largeCheckMs ? 0 : largeCheckMs;
}

interface Rates {
  /** Samples per second. */
  readonly rates: ReadonlyMap<string, number>;
  readonly peakFlops: number;
}

function toResult(training: TrainingCase, { rates, peakFlops }: Rates, details: object): object {
  const rate = (name: string): number | null => {
    const found = rates.get(name);
    return found === undefined ? null : rounded(found);
  };
  const flops = gemmFlops(createTrainingProblem({ ...training, numBatches: 0 }).layers);
  const result = {
    name: training.name,
    edgeprop: rate("edgeprop"),
    peakFraction: rounded(((rates.get("edgeprop") ?? Number.NaN) * flops) / peakFlops, 3),
    tfjsWasm: rate("tfjs-wasm"),
    tfjsCpu: rate("tfjs-cpu"),
    jaxJs: rate("jax-js"),
    pytorch: rate("pytorch"),
    peak: rounded(peakFlops / 1e9),
    gemmFlopsPerSample: flops,
    ...details,
  };
  progress(`${training.name}: ${JSON.stringify(result)}`);
  return result;
}
