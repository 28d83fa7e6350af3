/**
 * What a client does with a task, written out: `main.ts task.json params.safetensors update.safetensors` trains
 * on examples of its own and writes the update. docs/protocol-by-hand.md calls it between two curls.
 */
import { readFile, writeFile } from "node:fs/promises";
import { createRandom, createTrainer, paramsLayout, toDataset } from "edgeprop";
import { decodeParams, encodeUpdate } from "edgeprop/protocol";
import type { TrainTaskMessage } from "edgeprop/protocol";

const [taskFile = "", paramsFile = "", updateFile = ""] = process.argv.slice(2);
const task = JSON.parse(await readFile(taskFile, "utf8")) as TrainTaskMessage;
const layout = paramsLayout(task.model);
const params = decodeParams(layout, await readFile(paramsFile));

const random = createRandom("the client's own data");
const inputSize = task.model.input[0] ?? 0;
const dataset = toDataset({
  inputs: Float32Array.from({ length: 100 * inputSize }, () => random.uniform()),
  targets: Int32Array.from({ length: 100 }, () => random.below(2)),
  inputSize,
});

const { rule, optimizer, batchSize, localEpochs } = task.training;
const trainer = await createTrainer(task.model, {
  loss: task.loss,
  rule,
  optimizer,
  batchSize,
  seed: task.seed,
  params,
});
const { lossSum, numExamples } = await trainer.train(dataset, { epochs: localEpochs });
const delta = await trainer.getDelta(params);
await writeFile(
  updateFile,
  encodeUpdate(layout, { delta, numExamples: dataset.numExamples, loss: lossSum / numExamples }),
);
console.log(
  `trained round ${task.round} on ${dataset.numExamples} examples, mean loss ${(lossSum / numExamples).toFixed(4)}`,
);
