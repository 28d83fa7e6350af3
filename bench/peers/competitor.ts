import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startInNode, startProcess } from "../runtimes/node-process.ts";
import type { ProcessProgram } from "../runtimes/node-process.ts";
import type { Contestant, Slice } from "../timing/interleave.ts";
import type { PeerName } from "./load.ts";
import { comparedSteps } from "../problems/agreement.ts";
import { createTrainingProblem } from "../problems/problems.ts";
import type { StepTaskSpec, Task, TaskSpec } from "./tasks.ts";

/** A library in a process of its own: nothing that one does to its heap or its compiler touches another. */
export interface Competitor extends Contestant {
  /** Builds a task and computes what can be checked; rejects with the reason where it cannot. */
  prepare(task: TaskSpec): Promise<Prepared>;
  close(): Promise<void>;
}

type Prepared = Omit<Task, "operation">;

const program = join(import.meta.dirname, "../programs/competitor-process.ts");

/** A competitor of bench/peers; the peak kernel can be had from each of them. */
export function startCompetitor(peer: PeerName, name: string = peer): Competitor {
  return toCompetitor(name, startInNode(program, { name, args: [peer] }));
}

/** PyTorch on one thread, where `python3 -c "import torch"` works. */
export function startPytorch(): Competitor {
  const python = startProcess("python3", {
    name: "pytorch",
    args: [join(import.meta.dirname, "pytorch.py")],
    env: { OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1", MKL_NUM_THREADS: "1" },
  });
  const competitor = toCompetitor("pytorch", python);
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

/** The numbers of a problem as a file for Python: each batch's labels (int32) and inputs, then the params. */
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

function toCompetitor(name: string, child: ProcessProgram): Competitor {
  return {
    name,
    prepare: async (task) => (await child.ask({ task })) as Prepared,
    slice: async (ms) => (await child.ask({ sliceMs: ms })) as Slice,
    close: () => child.stop(),
  };
}
