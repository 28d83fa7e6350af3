import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { partitionExamples, selectExamples } from "../data/index.ts";
import type { Dataset } from "../data/index.ts";
import type { RunSpecInput } from "../federated/index.ts";
import { backprop, createTrainer, dense, paramsLayout, proxProp, sequential, sgd } from "../node.ts";
import type { ModelSpec } from "../node.ts";
import { decodeParams, encodeDataset } from "../protocol/index.ts";
import type { RoundReport } from "../protocol/index.ts";
import { createAdmin } from "./admin.ts";
import type { LocalRuntime } from "./local-runtime.ts";
import type { StartOptions } from "./options.ts";
import type { Reporter, ResultLine, RoundLine } from "./report.ts";
import { createTrainers } from "./trainers.ts";

export interface MainJob {
  readonly options: StartOptions;
  readonly train: Dataset;
  readonly test: Dataset;
  readonly runtime: LocalRuntime;
  readonly adminToken: string;
  readonly trainerToken: string;
  readonly reporter: Reporter;
}

/** MLP 784-128-10 (DESIGN of the measured settings: docs/proxprop.md). */
function mnistModel(inputSize: number): ModelSpec {
  return sequential({ input: [inputSize] }, [dense(128, { activation: "relu" }), dense(10)]);
}

export function toRunSpec(
  { clients, rounds, rule, tau, learningRate, batchSize, localEpochs, seed }: StartOptions,
  model: ModelSpec,
): RunSpecInput {
  const isProx = rule === "proxprop";
  return {
    model,
    loss: "softmaxCrossEntropy",
    training: {
      rule: isProx ? proxProp({ tau: tau ?? 1 }) : backprop(),
      optimizer: sgd({ learningRate: learningRate ?? (isProx ? 2 : 0.3) }),
      batchSize,
      localEpochs,
    },
    rounds,
    cohortSize: clients,
    minUpdates: clients,
    seed,
  };
}

/** Creates the run, hands every edge client its digits, watches the rounds, evaluates each, writes the model. */
export async function runMainJob({
  options,
  train,
  test,
  runtime,
  adminToken,
  trainerToken,
  reporter,
}: MainJob): Promise<ResultLine> {
  const startedAt = performance.now();
  const model = mnistModel(train.inputSize);
  const admin = createAdmin(runtime.url, adminToken);
  const { run, spec, joinToken } = await admin.createRun(toRunSpec(options, model));
  await admin.act(run, "start");

  const shards = partitionExamples(train.targets, options);
  const trainers = createTrainers(runtime.trainerUrls, trainerToken);
  const place = { url: runtime.url, run, joinToken };
  await Promise.all(
    shards.map(async (shard, index) =>
      trainers.join(index, encodeDataset(selectExamples(train, shard)), place),
    ),
  );

  const { loss, training, seed } = spec;
  const evaluator = await createTrainer(model, {
    loss,
    rule: training.rule,
    optimizer: training.optimizer,
    batchSize: 100,
    seed,
  });
  const layout = paramsLayout(model);
  const lines: RoundLine[] = [];
  let file: Uint8Array = new Uint8Array();

  async function endRound(report: RoundReport): Promise<void> {
    file = await admin.params(run, report.round + 1);
    await evaluator.setParams(decodeParams(layout, file));
    const { accuracy = 0 } = await evaluator.evaluate(test);
    const line = toLine(report, accuracy);
    lines.push(line);
    reporter.round(line);
  }

  const abort = new AbortController();
  const failed = trainers.failure(abort.signal);
  const total = options.rounds * options.clients;
  const watching = (async () => {
    for await (const message of admin.watch(run, abort.signal)) {
      if (message.type === "update")
        reporter.progress((message.round - 1) * options.clients + message.updates, total);
      if (message.type === "round-closed") {
        await endRound(message.summary);
        reporter.progress(message.summary.round * options.clients, total);
      }
      if (message.type === "run" && message.reason !== undefined)
        process.stderr.write(`the run is ${message.phase}: ${message.reason}\n`);
    }
  })();
  try {
    await Promise.race([watching, failed]);
  } finally {
    abort.abort();
  }

  const result: ResultLine = {
    accuracy: lines.at(-1)?.accuracy ?? 0,
    rounds: lines.length,
    seconds: seconds(performance.now() - startedAt),
    run,
    model: join("runs", run, "model.safetensors"),
  };
  await mkdir(join("runs", run), { recursive: true });
  await writeFile(result.model, file);
  await writeFile(
    join("runs", run, "history.json"),
    `${JSON.stringify({ run, spec, rounds: lines, result }, null, 2)}\n`,
  );
  return result;
}

function toLine(
  { round, loss, clients, bytesUp, bytesDown, openedAt, closedAt }: RoundReport,
  accuracy: number,
): RoundLine {
  return {
    round,
    loss,
    accuracy,
    updates: clients.length,
    bytesUp,
    bytesDown,
    seconds: seconds(closedAt - openedAt),
  };
}

/** To a hundredth. */
function seconds(milliseconds: number): number {
  return Math.round(milliseconds / 10) / 100;
}
