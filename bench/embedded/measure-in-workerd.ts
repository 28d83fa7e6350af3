import { encodeProblem } from "../problems/problem-file.ts";
import type { TrainingProblem } from "../problems/problems.ts";
import { bundle } from "../runtimes/bundle.ts";
import { startWorkerd } from "../runtimes/workerd.ts";
import type { Workerd } from "../runtimes/workerd.ts";
import { median, rounded } from "../timing/statistics.ts";
import type { WorkerPeer } from "./bundles.ts";
import type { Embedded } from "./result.ts";

const coldIsolates = 7;
const budgetMs = 10;
const sliceMs = 80;

/** One workerd for one library: its memory is that library's. Times are less those of an empty Worker. */
export async function measureInWorkerd(
  { worker, bytes }: WorkerPeer,
  problem: TrainingProblem,
): Promise<Embedded> {
  const workerd = await startWorkerd({ empty: await bundle("empty-worker.ts", "workerd"), peer: worker });
  try {
    const guest = createGuest(workerd, encodeProblem(problem));
    // The process's own first requests, and what an empty Worker takes in it.
    await guest.empty("first");
    const before = workerd.residentBytes();
    const first = await guest.steps("speed", 1);
    const stepsPerSecond = await speedOf(guest);
    const after = workerd.residentBytes();
    const { firstStepMs, emptyMs } = await coldStart(guest);
    const beginnings = await timesOf(guest, 20, { isolates: coldIsolates, emptyMs });
    return {
      stepsPerSecond: rounded(stepsPerSecond),
      stepsIn10ms: await stepsWithin(guest, emptyMs),
      stepsIn10msWithImport: null,
      first20StepsMs: rounded(median(beginnings)),
      residentBytes: before === null || after === null ? null : after - before,
      wasmBytes: first.wasmBytes,
      bundleBytes: bytes,
      firstStepMs: rounded(firstStepMs),
      firstLoss: first.loss,
    };
  } finally {
    await workerd.stop();
  }
}

interface Answer {
  readonly ms: number;
  readonly loss: number;
  readonly wasmBytes: number;
}

interface Guest {
  /** Takes `count` steps in the isolate of this id; -1 only loads it. */
  steps(id: string, count: number): Promise<Answer>;
  /** The time of an empty Worker's request. */
  empty(id: string): Promise<number>;
}

function createGuest(workerd: Workerd, body: Uint8Array<ArrayBuffer>): Guest {
  return {
    async steps(id, count) {
      const { ms, text } = await workerd
        .isolate("peer", id)
        .ask({ body, headers: { "x-steps": String(count) } });
      const answer = JSON.parse(text) as Omit<Answer, "ms"> & { readonly error?: string };
      if (answer.error !== undefined) throw new Error(answer.error);
      return { ...answer, ms };
    },
    empty: async (id) => (await workerd.isolate("empty", id).ask({ body })).ms,
  };
}

/** Steps per second in a warm isolate; each request takes enough steps to make the request's own time small. */
async function speedOf(guest: Guest): Promise<number> {
  let count = 1;
  while ((await guest.steps("speed", count)).ms < 2 * sliceMs) count *= 2;
  const base = await guest.empty("first");
  const rates = [];
  for (let round = 0; round < 5; round++) {
    const { ms } = await guest.steps("speed", count);
    rates.push((1000 * count) / (ms - base));
  }
  return median(rates);
}

async function coldStart(guest: Guest): Promise<{ readonly firstStepMs: number; readonly emptyMs: number }> {
  const [cold, coldEmpty, warmEmpty] = [[] as number[], [] as number[], [] as number[]];
  for (let index = 0; index < coldIsolates; index++) {
    coldEmpty.push(await guest.empty(`cold-${index}`));
    warmEmpty.push(await guest.empty(`cold-${index}`));
    cold.push((await guest.steps(`cold-${index}`, 1)).ms);
  }
  return { firstStepMs: median(cold) - median(coldEmpty), emptyMs: median(warmEmpty) };
}

/** The time of the first request that trains, in isolates that are loaded. */
async function timesOf(
  guest: Guest,
  count: number,
  { isolates, emptyMs }: { readonly isolates: number; readonly emptyMs: number },
): Promise<number[]> {
  const times = [];
  for (let index = 0; index < isolates; index++) {
    const id = `first-${count}-of-${isolates}-${index}`;
    await guest.steps(id, -1);
    times.push((await guest.steps(id, count)).ms - emptyMs);
  }
  return times;
}

/**
 * How many steps the first request that trains can take within 10 ms, creation included, in an isolate that is loaded
 * (which happens before a request, and is not counted against its CPU). Twice as many until it is too long, then the
 * line between.
 */
async function stepsWithin(guest: Guest, emptyMs: number): Promise<number> {
  let [low, lowMs] = [0, 0];
  for (let count = 1; ; count *= 2) {
    const ms = median(await timesOf(guest, count, { isolates: 3, emptyMs }));
    if (ms > budgetMs)
      return Math.floor(low + ((count - low) * Math.max(0, budgetMs - lowMs)) / (ms - lowMs));
    [low, lowMs] = [count, ms];
  }
}
