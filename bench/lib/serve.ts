/** The child's side of competitor.ts: `node bench/lib/serve.ts <peer>`, a line of JSON in, a line out. */
import { createInterface } from "node:readline";
import { timeSlice } from "./interleave.ts";
import { loadPeers } from "./peers/load.ts";
import type { PeerName } from "./peers/load.ts";
import { createTask } from "./tasks.ts";
import type { Task, TaskSpec } from "./tasks.ts";

type Request = { readonly task: TaskSpec } | { readonly sliceMs: number };

// Libraries greet on the console; standard output is for answers.
console.log = console.info = console.warn = console.error;

const peers = await loadPeers(process.argv[2] as PeerName);
let task: Task | null = null;

async function answer(request: Request): Promise<object> {
  if ("task" in request) {
    task = null;
    task = await createTask(request.task, peers);
    const { operation: _, ...prepared } = task;
    return prepared;
  }
  if (task === null) throw new Error("no task to time");
  return timeSlice(task.operation, request.sliceMs);
}

for await (const line of createInterface({ input: process.stdin })) {
  let reply: object;
  try {
    reply = await answer(JSON.parse(line) as Request);
  } catch (error) {
    reply = { error: error instanceof Error ? error.message : String(error) };
  }
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
