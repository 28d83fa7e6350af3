import { join } from "node:path";
import { bundle, gzipBytes } from "./bundle.ts";
import type { Embedded, Library } from "./embedded-result.ts";
import { startIsolates } from "./isolates.ts";
import type { Isolates } from "./isolates.ts";
import { encodeProblem } from "./problem-file.ts";
import type { TrainingProblem } from "./problems.ts";
import { median, rounded } from "./statistics.ts";

const coldIsolates = 7;
const budgetMs = 10;
const sliceMs = 80;

/** One workerd for one library: its memory is that library's. Times are less those of an empty Worker. */
export async function measureInWorkerd(library: Library, problem: TrainingProblem): Promise<Embedded> {
  const program = `embedded-${library}${library === "tfjs-wasm" ? "-workerd" : ""}.ts`;
  const isDenseOnly = library === "edgeprop";
  const programs = join("bench/programs", program);
  const [peer, worker, empty] = await Promise.all([
    bundle(program, "workerd", { isDenseOnly }),
    bundle("embedded-worker.ts", "workerd", { isDenseOnly, alias: { "embedded-peer": `./${programs}` } }),
    bundle("empty-worker.ts", "workerd"),
  ]);
  const isolates = await startIsolates({ empty, peer: worker });
  try {
    const guest = createGuest(isolates, encodeProblem(problem));
    // The process's own first requests, and what an empty Worker takes in it.
    await guest.empty("first");
    const before = isolates.residentBytes();
    const first = await guest.steps("speed", 1);
    const stepsPerSecond = await speedOf(guest);
    const after = isolates.residentBytes();
    const { firstStepMs, emptyMs } = await coldStart(guest);
    const wasm = [...peer.wasm.values()];
    return {
      stepsPerSecond: rounded(stepsPerSecond),
      stepsIn10ms: await stepsWithin(guest, emptyMs),
      stepsIn10msWithImport: null,
      residentBytes: before === null || after === null ? null : after - before,
      wasmBytes: first.wasmBytes,
      bundleBytes: wasm.reduce((sum, contents) => sum + gzipBytes(contents), gzipBytes(peer.code)),
      firstStepMs: rounded(firstStepMs),
      firstLoss: first.loss,
    };
  } finally {
    await isolates.dispose();
  }
}

interface Answer {
  readonly ms: number;
  readonly loss: number;
  readonly wasmBytes: number;
}

interface Guest {
  /** So many steps in the isolate of this id; -1 only loads it. */
  steps(id: string, count: number): Promise<Answer>;
  /** The time of an empty Worker's request. */
  empty(id: string): Promise<number>;
}

function createGuest(isolates: Isolates, body: Uint8Array<ArrayBuffer>): Guest {
  return {
    async steps(id, count) {
      const { ms, text } = await isolates.send("peer", id, { body, headers: { "x-steps": String(count) } });
      const answer = JSON.parse(text) as Omit<Answer, "ms"> & { readonly error?: string };
      if (answer.error !== undefined) throw new Error(answer.error);
      return { ...answer, ms };
    },
    empty: async (id) => (await isolates.send("empty", id, { body })).ms,
  };
}

/** Steps a second in an isolate that has run: requests of so many steps that what a request itself takes is small. */
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

/**
 * How many steps the first request that trains can take within 10 ms, creation included, in an isolate that is loaded
 * (which happens before a request, and is not counted against its CPU). Twice as many until it is too long, then the
 * line between.
 */
async function stepsWithin(guest: Guest, emptyMs: number): Promise<number> {
  let [low, lowMs] = [0, 0];
  for (let count = 1; ; count *= 2) {
    const times = [];
    for (let index = 0; index < 3; index++) {
      const id = `budget-${count}-${index}`;
      await guest.steps(id, -1);
      times.push((await guest.steps(id, count)).ms - emptyMs);
    }
    const ms = median(times);
    if (ms > budgetMs)
      return Math.floor(low + ((count - low) * Math.max(0, budgetMs - lowMs)) / (ms - lowMs));
    [low, lowMs] = [count, ms];
  }
}
