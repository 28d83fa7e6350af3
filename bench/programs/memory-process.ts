/** Trains a case in a fresh process and answers what it took. */
import { createTrainingProblem } from "../problems/problems.ts";
import type { TrainingCase } from "../problems/problems.ts";
import { answerLines } from "../runtimes/answer-lines.ts";
import { watchWasm } from "../timing/watch-wasm.ts";

const steps = 20;

interface Request {
  readonly training: TrainingCase;
  readonly isProx: boolean;
}

await answerLines(async ({ training, isProx }: Request) => {
  const problem = createTrainingProblem(training);
  const wasmBytes = watchWasm();
  const before = process.memoryUsage().rss;
  let peak = 0;
  const [{ createTrainer, proxProp }, { createEdgepropPeer }] = await Promise.all([
    import("../../src/node.ts"),
    import("../peers/edgeprop.ts"),
  ]);
  const peer = await createEdgepropPeer(createTrainer, isProx ? proxProp({ tau: 1 }) : undefined)(problem);
  for (let step = 0; step < steps; step++) {
    await peer.step(step % problem.numBatches);
    peak = Math.max(peak, process.memoryUsage().rss);
  }
  return { wasmBytes: wasmBytes(), residentBytes: peak - before };
});
