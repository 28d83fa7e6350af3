import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { createInterface } from "node:readline";
import { join } from "node:path";
import type { Contestant, Slice } from "./interleave.ts";
import type { PeerName } from "./peers/load.ts";
import { comparedSteps } from "./agreement.ts";
import { createTrainingProblem } from "./problems.ts";
import type { StepTaskSpec, Task, TaskSpec } from "./tasks.ts";

/** A library in a process of its own: nothing that one does to its heap or its compiler touches another. */
export interface Competitor extends Contestant {
  /** Builds a task and computes what can be checked; rejects with the reason where it cannot. */
  prepare(task: TaskSpec): Promise<Prepared>;
  close(): void;
}

type Prepared = Omit<Task, "operation">;

/** A competitor of bench/lib/peers; the peak kernel can be had from each of them. */
export function startCompetitor(peer: PeerName, name: string = peer): Competitor {
  return startProcess(name, [process.execPath, "--no-warnings", join(import.meta.dirname, "serve.ts"), peer]);
}

/** PyTorch on one thread, where `python3 -c "import torch"` works. */
export function startPytorch(): Competitor {
  const competitor = startProcess("pytorch", ["python3", join(import.meta.dirname, "peers/pytorch.py")], {
    OMP_NUM_THREADS: "1",
    OPENBLAS_NUM_THREADS: "1",
    MKL_NUM_THREADS: "1",
  });
  return {
    ...competitor,
    async prepare(task) {
      if (task.kind !== "step") throw new Error("PyTorch is timed on training steps only");
      const folder = await mkdtemp(join(tmpdir(), "edgeprop-bench-"));
      try {
        return await competitor.prepare(await writeProblem(task, join(folder, "problem.bin")));
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  };
}

/** The numbers of a problem as a file for Python: of each batch labels (int32) and inputs, then the params. */
async function writeProblem(task: StepTaskSpec, file: string): Promise<TaskSpec> {
  const { batches, params, layers, batchSize, learningRate, numBatches } = createTrainingProblem(
    task.training,
  );
  const parts = [...batches.flatMap(({ labels, inputs }) => [labels, inputs]), params];
  await writeFile(
    file,
    Buffer.concat(parts.map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength))),
  );
  const problem = { file, layers, batchSize, learningRate, numBatches };
  return { ...task, comparedSteps, problem } as TaskSpec;
}

function startProcess(
  name: string,
  [command = "", ...args]: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Competitor {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...env } });
  let complaints = "";
  child.stderr.on("data", (data: Buffer) => {
    complaints = (complaints + data.toString()).slice(-2000);
  });
  // What the library says last is the best account of why it is gone.
  const gone = new Promise<never>((_, reject) => {
    child.once("error", (error) => reject(new Error(`${name}: ${error.message}`)));
    child.once("exit", (code) => reject(new Error(`${name} ended with ${code}: ${lastLine(complaints)}`)));
  });
  gone.catch(() => {});
  child.stdin.on("error", () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  async function ask<T>(request: object): Promise<T> {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const next = await Promise.race([lines.next(), gone]);
    // Output ends a moment before the process does.
    if (next.done === true) return gone;
    const reply = JSON.parse(next.value) as T & { readonly error?: string };
    if (reply.error !== undefined) throw new Error(reply.error);
    return reply;
  }

  return {
    name,
    prepare: (task) => ask<Prepared>({ task }),
    slice: (ms) => ask<Slice>({ sliceMs: ms }),
    close: () => void child.kill(),
  };
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
