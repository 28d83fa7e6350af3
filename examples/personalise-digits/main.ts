/**
 * A digits model learns one person's handwriting from 20 examples, by one call to a trainer Worker:
 *
 *   main.ts [model.safetensors] [--trainer URL] [--others N] [--files FOLDER]
 *
 * The model is one that `npm start` wrote (default: a quick one, trained here). The trainer is one that
 * `edgeprop serve` printed, its token in EDGEPROP_TRAINER_TOKEN (default: one is started). `--files` only writes the
 * examples and a request to predict, for calls by curl. MNIST does not say who wrote a digit: a fixed slant is the
 * stand-in for one person's handwriting.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createTrainer, dense, paramsLayout, proxProp, selectExamples, sequential, sgd } from "edgeprop";
import type { Dataset } from "edgeprop";
import { decodeParams, encodeDataset, encodeParams, metricsHeader } from "edgeprop/protocol";
import type { FinetuneMetrics, FinetuneRequest, PredictRequest } from "edgeprop/protocol";
import { startLocalRuntime } from "../../src/cli/local/local-runtime.ts";
import { loadMnist } from "../../src/cli/mnist.ts";
import { prepare } from "../../src/cli/prepare.ts";
import { createSecrets } from "../../src/cli/local/secrets.ts";
import { slantDigits } from "./slant.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    trainer: { type: "string" },
    others: { type: "string", default: "9000" },
    files: { type: "string" },
  },
});

/** Picked by a scan over rules, rates and layers on digits slanted to either side. */
const request: FinetuneRequest = {
  model: sequential({ input: [784] }, [dense(128, { activation: "relu" }), dense(10)]),
  layers: ["layers.0"],
  rule: proxProp({ tau: 10 }),
  learningRate: 1,
  steps: 40,
  batchSize: 20,
};
const { model } = request;
const layout = paramsLayout(model);
const slant = 0.8;
const calls = 10;

const { train, test } = await loadMnist();
const chosen = firstOfEach(test.targets, 2);
/** Their indices are far from those of the examples that are learnt from. */
const others = Array.from({ length: Number(values.others) }, (_, index) => 1000 + index);
const examples = slantDigits(selectExamples(test, chosen), slant);
const [upright, slanted] = [selectExamples(test, others), slantDigits(selectExamples(test, others), slant)];

if (values.files === undefined) await personalise();
else await writeFiles(values.files);

async function personalise(): Promise<void> {
  const base = await loadBase(positionals[0]);
  const { url, token, dispose } = await findTrainer(values.trainer);
  try {
    const first = await callFinetune(url, token, base);
    const times: number[] = [];
    for (let call = 0; call < calls; call++) times.push((await callFinetune(url, token, base)).milliseconds);
    const tuned = decodeParams(layout, first.file);
    const row = (label: string, of: readonly string[]): string =>
      [label.padEnd(8), ...of.map((text) => text.padStart(10))].join("");
    console.log(`${chosen.length} examples of the hand; accuracy on ${others.length} other digits`);
    console.log(row("", ["this hand", "upright"]));
    console.log(row("before", await accuracies(base)));
    console.log(row("after", await accuracies(tuned)));
    const median = times.toSorted((a, b) => a - b)[calls / 2] ?? 0;
    console.log(
      `${first.metrics.steps} steps; the first call took ${first.milliseconds.toFixed(0)} ms, the median of ${calls} more ${median.toFixed(0)} ms`,
    );
  } finally {
    await dispose();
  }
}

async function callFinetune(url: string, token: string, base: Float32Array) {
  const body = new FormData();
  body.set("request", JSON.stringify(request));
  body.set("params", new Blob([new Uint8Array(encodeParams(layout, base))]));
  body.set("examples", new Blob([new Uint8Array(encodeDataset(examples))]));
  const startedAt = performance.now();
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(new URL("/v1/finetune", url), { method: "POST", headers, body });
  if (!response.ok) throw new Error(await response.text());
  const file = new Uint8Array(await response.arrayBuffer());
  const milliseconds = performance.now() - startedAt;
  const metrics = JSON.parse(response.headers.get(metricsHeader) ?? "") as FinetuneMetrics;
  return { file, metrics, milliseconds };
}

async function accuracies(params: Float32Array): Promise<string[]> {
  const trainer = await createBaseTrainer(params);
  const found: string[] = [];
  for (const digits of [slanted, upright])
    found.push(`${(100 * ((await trainer.evaluate(digits)).accuracy ?? 0)).toFixed(1)} %`);
  return found;
}

function createBaseTrainer(params?: Float32Array) {
  const options = {
    loss: "softmaxCrossEntropy",
    rule: proxProp({ tau: 1 }),
    optimizer: sgd({ learningRate: 2 }),
    batchSize: 32,
  } as const;
  return createTrainer(model, params === undefined ? options : { ...options, params });
}

async function loadBase(file: string | undefined): Promise<Float32Array> {
  if (file !== undefined) return decodeParams(layout, await readFile(file));
  const trainer = await createBaseTrainer();
  await trainer.train(train, { epochs: 1 });
  return trainer.getParams();
}

async function findTrainer(url: string | undefined) {
  if (url !== undefined)
    return { url, token: process.env["EDGEPROP_TRAINER_TOKEN"] ?? "", dispose: async () => {} };
  await prepare();
  const secrets = createSecrets();
  const runtime = await startLocalRuntime({ port: 0, edgeProcesses: 1, secrets });
  const dispose = async (): Promise<void> => runtime.dispose();
  return { url: runtime.trainerUrls[0] ?? "", token: secrets.trainerToken, dispose };
}

async function writeFiles(folder: string): Promise<void> {
  const inputs = rowsOf(selectExamples(slanted, [0, 1, 2, 3, 4]));
  const prediction: PredictRequest = { model, inputs, inputScale: slanted.inputScale };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "examples.safetensors"), encodeDataset(examples));
  await writeFile(join(folder, "predict.json"), JSON.stringify(prediction));
  const labels = Array.from(slanted.targets.subarray(0, 5)).join(", ");
  console.log(`${chosen.length} examples; the digits to predict are ${labels}`);
}

function rowsOf({ inputs, inputSize, numExamples }: Dataset): number[][] {
  return Array.from({ length: numExamples }, (_, row) =>
    Array.from(inputs.subarray(row * inputSize, (row + 1) * inputSize)),
  );
}

/** Indices of the first `count` digits of each class. */
function firstOfEach(labels: Dataset["targets"], count: number): number[] {
  const seen = Array.from({ length: 10 }, () => 0);
  return Array.from(labels.keys()).filter((index) => {
    const label = labels[index] ?? 0;
    seen[label] = (seen[label] ?? 0) + 1;
    return (seen[label] ?? 0) <= count;
  });
}
