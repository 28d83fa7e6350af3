/** One side of `bench against` in a Node process of its own: the bytes that it trains to, and the time of its steps. */
import { createHash } from "node:crypto";
import { toDataset } from "edgeprop";
import type { AgainstCase, KernelsName } from "../../against/cases.ts";
import { answerLines } from "../../runtimes/answer-lines.ts";
import { timeSlice } from "../../timing/interleave.ts";
import { buildTrainer } from "./build-trainer.ts";
import { createExamples } from "./examples.ts";

/** What this program is asked: for bytes, to get ready, for a window of steps. */
export type AgainstRequest =
  | { readonly kind: "bytes"; readonly each: AgainstCase }
  | { readonly kind: "prepare"; readonly each: AgainstCase; readonly kernels: KernelsName }
  | { readonly kind: "slice"; readonly sliceMs: number };

const numBatches = 4;
const steps = 10;

let operation: (() => unknown) | null = null;

await answerLines(async (request: AgainstRequest) => {
  switch (request.kind) {
    case "bytes":
      return { params: await paramsHash(request.each) };
    case "prepare": {
      const { trainer, batches } = await start(request.each, request.kernels);
      let step = 0;
      operation = () => trainer.step(batches[step++ % batches.length] ?? raise("there is no batch"));
      return {};
    }
    case "slice":
      return timeSlice(operation ?? raise("nothing is prepared"), request.sliceMs);
    default:
      return request satisfies never;
  }
});

/** SHA-256 of the params after some single steps and an epoch, by the deterministic kernels. */
async function paramsHash(each: AgainstCase): Promise<string> {
  const { trainer, batches } = await start(each, "simd");
  for (let step = 0; step < steps; step++)
    await trainer.step(batches[step % batches.length] ?? raise("there is no batch"));
  // One example more than whole batches: the last batch is a short one.
  const examples = createExamples(each, 2 * each.batchSize + 1);
  const inputSize = each.input.reduce((product, size) => product * size, 1);
  await trainer.train(toDataset({ ...examples, inputSize }), { epochs: 1 });
  const { buffer, byteOffset, byteLength } = await trainer.getParams();
  return createHash("sha256")
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest("hex");
}

async function start(each: AgainstCase, kernels: KernelsName) {
  const { batchSize } = each;
  const { inputs, targets } = createExamples(each, numBatches * batchSize);
  const size = inputs.length / numBatches;
  const batches = Array.from({ length: numBatches }, (_, batch) => ({
    inputs: inputs.subarray(batch * size, (batch + 1) * size),
    targets: targets.subarray(batch * batchSize, (batch + 1) * batchSize),
  }));
  return { trainer: await buildTrainer(each, kernels), batches };
}

function raise(message: string): never {
  throw new Error(message);
}
