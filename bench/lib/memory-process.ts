/** `node bench/lib/memory-process.ts '<json>'`: trains a case in a fresh process and prints what it took. */
import { createTrainingProblem } from "./problems.ts";
import type { TrainingCase } from "./problems.ts";
import { watchWasm } from "./watch-wasm.ts";

const steps = 20;
const { training, isProx } = JSON.parse(process.argv[2] ?? "") as {
  readonly training: TrainingCase;
  readonly isProx: boolean;
};
const problem = createTrainingProblem(training);
const wasmBytes = watchWasm();
const before = process.memoryUsage().rss;
let peak = 0;
const [{ createTrainer, proxProp }, { createEdgepropPeer }] = await Promise.all([
  import("../../src/node.ts"),
  import("./peers/edgeprop.ts"),
]);
const peer = await createEdgepropPeer(createTrainer, isProx ? proxProp({ tau: 1 }) : undefined)(problem);
for (let step = 0; step < steps; step++) {
  await peer.step(step % problem.numBatches);
  peak = Math.max(peak, process.memoryUsage().rss);
}
process.stdout.write(JSON.stringify({ wasmBytes: wasmBytes(), residentBytes: peak - before }));
