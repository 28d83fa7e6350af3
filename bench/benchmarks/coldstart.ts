import { backprop, createTrainer, sgd } from "../../src/node.ts";
import { bundle } from "../runtimes/bundle.ts";
import { startWorkerd } from "../runtimes/workerd.ts";
import { lossTolerance } from "../problems/agreement.ts";
import { createTrainingProblem, mlpCase } from "../problems/problems.ts";
import { progress, runBenchmark } from "../command/report.ts";
import { median, rounded, spread } from "../timing/statistics.ts";

const rounds = 25;

/** Milliseconds in workerd from a cold isolate to the end of the first step of MLP 784-256-128-10 at batch 32. */
export async function run(args: readonly string[]): Promise<void> {
  const description = "Milliseconds in workerd from a cold isolate to the end of the first step.";
  await runBenchmark({ name: "coldstart", description }, args, measure);
}

async function measure(): Promise<object> {
  const training = mlpCase([784, 256, 128, 10], 32);
  const { batches, model, batchSize, learningRate } = createTrainingProblem({ ...training, numBatches: 1 });
  const [batch] = batches;
  if (batch === undefined) throw new RangeError("the problem has no batch");
  const body = new Uint8Array([...bytesOf(batch.inputs), ...bytesOf(batch.labels)]);
  const expected = await createTrainer(model, {
    loss: "softmaxCrossEntropy",
    rule: backprop(),
    optimizer: sgd({ learningRate }),
    batchSize,
    deterministic: false,
  }).then((trainer) => trainer.step({ inputs: batch.inputs, targets: batch.labels }));

  const workerd = await startWorkerd({
    empty: await bundle("empty-worker.ts", "workerd"),
    edgeprop: await bundle("coldstart-worker.ts", "workerd", { isDenseOnly: true }),
  });
  const times = { empty: [] as number[], edgeprop: [] as number[] };
  try {
    // The first requests of the process itself.
    for (const program of ["empty", "edgeprop"]) await workerd.isolate(program, "first").ask({ body });
    for (let round = 0; round < rounds; round++) {
      for (const program of ["empty", "edgeprop"] as const) {
        const { ms, text } = await workerd.isolate(program, `round-${round}`).ask({ body });
        times[program].push(ms);
        if (program === "empty") continue;
        if (!(Math.abs(Number(text) - expected.loss) <= lossTolerance * expected.loss))
          throw new Error(`the loss in workerd is ${text}; in Node it is ${expected.loss}`);
      }
    }
  } finally {
    await workerd.stop();
  }
  const base = median(times.empty);
  const differences = times.edgeprop.map((ms) => ms - base);
  const result = {
    unit: "ms",
    case: training.name,
    rounds,
    /** The median of all isolates, less the empty Worker's. */
    coldstart: rounded(median(differences)),
    spread: rounded(spread(differences), 2),
    lowest: rounded(Math.min(...differences)),
    emptyWorker: rounded(base),
    emptyWorkerSpread: rounded(spread(times.empty), 2),
  };
  progress(JSON.stringify(result));
  return result;
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
