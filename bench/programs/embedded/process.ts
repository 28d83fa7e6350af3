/**
 * One library in a fresh process, from the import of its bundle on. The runs of each other kind
 * than "whole" have a process of their own: what came before would be warm there.
 */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import type { EmbeddedRequest } from "../../embedded/measure-in-node.ts";
import type { CreateTrainingPeer, TrainingPeer } from "../../peers/peer.ts";
import { decodeProblem } from "../../problems/problem-file.ts";
import type { TrainingProblem } from "../../problems/problems.ts";
import { answerLines } from "../../runtimes/answer-lines.ts";
import { startStopwatch, timeSlice } from "../../timing/interleave.ts";
import { median } from "../../timing/statistics.ts";
import { watchWasm } from "../../timing/watch-wasm.ts";

const budgetMs = 10;

await answerLines(async ({ bundleFile, problemFile, kind }: EmbeddedRequest) => {
  const file = readFileSync(problemFile);
  const problem = decodeProblem(file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength));
  const wasmBytes = watchWasm();
  if (kind === "import") {
    const start = threadCpuUsage();
    return { steps: await countSteps(await load(bundleFile), problem, start) };
  }
  if (kind === "budget") {
    const createPeer = await load(bundleFile);
    return { steps: await countSteps(createPeer, problem, threadCpuUsage()) };
  }
  if (kind === "beginning") {
    const createPeer = await load(bundleFile);
    return { first20StepsMs: await timeFirstSteps(createPeer, problem) };
  }
  const before = process.memoryUsage().rss;
  const elapsed = startStopwatch();
  const createPeer = await load(bundleFile);
  const peer = await createPeer(problem);
  await peer.step(0);
  const loss = await peer.loss();
  const firstStepMs = elapsed();
  const rate = await stepsPerSecond(peer, problem);
  const residentBytes = process.memoryUsage().rss - before;
  return { loss, firstStepMs, stepsPerSecond: rate, residentBytes, wasmBytes: wasmBytes() };
});

async function load(bundleFile: string): Promise<CreateTrainingPeer> {
  const module = (await import(pathToFileURL(bundleFile).href)) as { createPeer: CreateTrainingPeer };
  return module.createPeer;
}

/** Linux brings a thread's time up to date at its ticks, milliseconds apart, and where the process's is asked for. */
function threadCpuUsage(): NodeJS.CpuUsage {
  process.cpuUsage();
  return process.threadCpuUsage();
}

/** Milliseconds of this thread's CPU time from the creation of a peer to the end of its 20th step. */
async function timeFirstSteps(createPeer: CreateTrainingPeer, problem: TrainingProblem): Promise<number> {
  const start = threadCpuUsage();
  const peer = await createPeer(problem);
  for (let step = 0; step < 20; step++) await peer.step(step % problem.numBatches);
  const { user, system } = threadCpuUsage();
  return (user + system - start.user - start.system) / 1000;
}

/** Steps of a new peer until the budget of this thread's CPU time, counted from `start`, is spent. */
async function countSteps(
  createPeer: CreateTrainingPeer,
  problem: TrainingProblem,
  start: NodeJS.CpuUsage,
): Promise<number> {
  const peer = await createPeer(problem);
  const isOver = (): boolean => {
    const { user, system } = threadCpuUsage();
    return user + system - start.user - start.system > 1000 * budgetMs;
  };
  let steps = 0;
  while (!isOver()) {
    await peer.step(steps % problem.numBatches);
    // The step that ends beyond the budget does not count.
    if (!isOver()) steps += 1;
  }
  return steps;
}

async function stepsPerSecond(peer: TrainingPeer, problem: TrainingProblem): Promise<number> {
  let step = 0;
  const operation = (): unknown => peer.step(step++ % problem.numBatches);
  await timeSlice(operation, 300);
  const rates = [];
  for (let round = 0; round < 5; round++) {
    const { count, ms } = await timeSlice(operation, 80);
    rates.push((1000 * count) / ms);
  }
  return median(rates);
}
