/** A library in a process of its own, for competitor.ts: the peer's name is the argument. */
import { loadPeers } from "../peers/load.ts";
import type { PeerName } from "../peers/load.ts";
import { createTask } from "../peers/tasks.ts";
import type { Task, TaskSpec } from "../peers/tasks.ts";
import { answerLines } from "../runtimes/answer-lines.ts";
import { timeSlice } from "../timing/interleave.ts";

type Request = { readonly task: TaskSpec } | { readonly sliceMs: number };

const peers = await loadPeers(process.argv[2] as PeerName);
let task: Task | null = null;

await answerLines(async (request: Request) => {
  if ("task" in request) {
    task = null;
    task = await createTask(request.task, peers);
    const { operation: _, ...prepared } = task;
    return prepared;
  }
  if (task === null) throw new Error("no task to time");
  return timeSlice(task.operation, request.sliceMs);
});
