import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createTrainer, proxProp } from "../../src/node.ts";
import { timeSlice } from "../timing/interleave.ts";
import { trainerOptions } from "../peers/edgeprop.ts";
import { createTrainingProblem, mlpCase } from "../problems/problems.ts";
import type { TrainingCase } from "../problems/problems.ts";
import { progress, runBenchmark } from "../command/report.ts";
import { median, rounded } from "../timing/statistics.ts";
import { toSvg } from "../command/plot.ts";

const batchSizes = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
const widths = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096];
const rounds = 7;
const sliceMs = 60;

/** Whether the time of a step grows as its work does: by batch size, and by the width of the hidden layer. */
export async function run(args: readonly string[]): Promise<void> {
  const description = "Step time against batch size (1 to 512) and width (16 to 4096), and a plot.";
  await runBenchmark({ name: "scaling", description }, args, measure);
}

interface Point {
  /** The batch size, or the width. */
  readonly at: number;
  readonly backpropUs: number;
  readonly exactUs: number;
  /** Nanoseconds per example and hidden unit: flat where time grows as the work. */
  readonly backpropNs: number;
  readonly exactNs: number;
}

async function measure(folder: string): Promise<object> {
  const byBatch: Point[] = [];
  for (const batchSize of batchSizes)
    byBatch.push(await measurePoint(mlpCase([784, 128, 10], batchSize), batchSize, 128 * batchSize));
  const byWidth: Point[] = [];
  for (const width of widths)
    byWidth.push(await measurePoint(mlpCase([784, width, 10], 32), width, 32 * width));
  const panels = [
    panel("MLP 784-128-10 by batch size", "batch size", byBatch),
    panel("MLP 784-width-10 at batch 32", "width", byWidth),
  ];
  await writeFile(join(folder, "scaling.svg"), toSvg("Time of a step for the same work", panels));
  return { batch: byBatch, width: byWidth };
}

async function measurePoint(training: TrainingCase, at: number, work: number): Promise<Point> {
  const problem = createTrainingProblem({ ...training, numBatches: 1 });
  const { batches } = problem;
  const [batch] = batches;
  if (batch === undefined) throw new RangeError("the problem has no batch");
  const operations = [];
  for (const rule of [{ name: "backprop" } as const, proxProp({ tau: 1 })]) {
    const trainer = await createTrainer(training.model, trainerOptions(problem, rule));
    operations.push(() => trainer.step({ inputs: batch.inputs, targets: batch.labels }));
  }
  const times = operations.map(() => [] as number[]);
  for (const operation of operations) await timeSlice(operation, 200);
  for (let round = 0; round < rounds; round++) {
    for (const [index, operation] of operations.entries()) {
      const { count, ms } = await timeSlice(operation, sliceMs);
      times[index]?.push((1000 * ms) / count);
    }
  }
  const [backprop = Number.NaN, exact = Number.NaN] = times.map(median);
  const point = {
    at,
    backpropUs: rounded(backprop),
    exactUs: rounded(exact),
    backpropNs: rounded((1000 * backprop) / work),
    exactNs: rounded((1000 * exact) / work),
  };
  progress(JSON.stringify({ name: training.name, ...point }));
  return point;
}

function panel(title: string, xLabel: string, points: readonly Point[]) {
  return {
    title,
    xLabel: `log2 of the ${xLabel}`,
    yLabel: "ns per example and hidden unit",
    yScale: "log" as const,
    series: [
      { label: "backprop", points: points.map(({ at, backpropNs }) => [Math.log2(at), backpropNs] as const) },
      { label: "exact ProxProp", points: points.map(({ at, exactNs }) => [Math.log2(at), exactNs] as const) },
    ],
  };
}
