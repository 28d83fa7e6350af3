/**
 * `node bench/lib/embedded-process.ts <bundle> <problem>`: one library in a fresh process, from the import of its bundle
 * on. A second kind of run, with "budget" behind, only counts steps: what came before would be warm there.
 */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { startStopwatch, timeSlice } from "./interleave.ts";
import type { CreateTrainingPeer, TrainingPeer } from "./peers/peer.ts";
import { decodeProblem } from "./problem-file.ts";
import { median } from "./statistics.ts";
import { watchWasm } from "./watch-wasm.ts";

const [bundleFile = "", problemFile = "", kind = ""] = process.argv.slice(2);
const file = readFileSync(problemFile);
const problem = decodeProblem(file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength));
const wasmBytes = watchWasm();
const budgetMs = 10;

// Libraries greet on the console; standard output is for the answer.
console.log = console.info = console.warn = console.error;

async function load(): Promise<CreateTrainingPeer> {
  const module = (await import(pathToFileURL(bundleFile).href)) as { createPeer: CreateTrainingPeer };
  return module.createPeer;
}

/** Linux brings a thread's time up to date at its ticks, milliseconds apart, and where the process's is asked for. */
function threadCpuUsage(): NodeJS.CpuUsage {
  process.cpuUsage();
  return process.threadCpuUsage();
}

/** Steps of a new peer until the budget of this thread's CPU time, counted from `start`, is spent. */
async function countSteps(createPeer: CreateTrainingPeer, start: NodeJS.CpuUsage): Promise<number> {
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

async function stepsPerSecond(peer: TrainingPeer): Promise<number> {
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

if (kind === "import") {
  const start = threadCpuUsage();
  process.stdout.write(JSON.stringify({ steps: await countSteps(await load(), start) }));
} else if (kind === "budget") {
  const createPeer = await load();
  process.stdout.write(JSON.stringify({ steps: await countSteps(createPeer, threadCpuUsage()) }));
} else {
  const before = process.memoryUsage().rss;
  const elapsed = startStopwatch();
  const createPeer = await load();
  const peer = await createPeer(problem);
  await peer.step(0);
  const loss = await peer.loss();
  const firstStepMs = elapsed();
  const rate = await stepsPerSecond(peer);
  const residentBytes = process.memoryUsage().rss - before;
  process.stdout.write(
    JSON.stringify({ loss, firstStepMs, stepsPerSecond: rate, residentBytes, wasmBytes: wasmBytes() }),
  );
}
