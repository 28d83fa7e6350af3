import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createOperator } from "../../client/index.ts";
import type { Dataset } from "../../data/index.ts";
import { EdgepropError } from "../../errors.ts";
import type { RoundSummary } from "../../federated/index.ts";
import { createPredictor, paramsLayout } from "../../node.ts";
import { decodeParams } from "../../protocol/index.ts";
import type { LocalRuntime } from "../local/local-runtime.ts";
import type { StartOptions } from "../options.ts";
import type { Reporter, ResultLine, RoundLine } from "./report.ts";
import { countRounds, mnistModel, toRunSpec } from "./run-plan.ts";
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

/** How many evaluations a minibatch run has, evenly spread: its steps are far shorter than an evaluation. */
const minibatchEvaluations = 20;

/** Creates the run, hands every edge client its digits, watches the rounds, evaluates them, writes the model. */
export async function runMainJob(job: MainJob): Promise<ResultLine> {
  const { options, train, test, runtime, adminToken, trainerToken, reporter } = job;
  const startedAt = performance.now();
  const model = mnistModel(train.inputSize);
  const operator = createOperator({ url: runtime.url, token: adminToken });
  const { run, spec, joinToken } = await operator.createRun(toRunSpec(options, model, train.numExamples));
  await operator.act(run, "start");
  const trainers = createTrainers(runtime.trainerUrls, trainerToken);
  const clients = { label: "handing out the data", total: options.clients, unit: "clients" };
  reporter.progress({ ...clients, done: 0 });
  await trainers.feed(train, options, {
    url: runtime.url,
    run,
    joinToken,
    onFed: (done) => reporter.progress({ ...clients, done }),
  });

  const evaluator = await createPredictor(model, { loss: spec.loss, batchSize: 100 });
  const layout = paramsLayout(model);
  const rounds = countRounds(options);
  const every = options.mode === "minibatch" ? Math.ceil(rounds / minibatchEvaluations) : 1;
  const lines: RoundLine[] = [];
  let file: Uint8Array = new Uint8Array();

  async function evaluate(round: number): Promise<number | null> {
    if (round % every !== 0 && round !== rounds) return null;
    file = await operator.params(run, round + 1);
    await evaluator.setParams(decodeParams(layout, file));
    return (await evaluator.evaluate(test)).accuracy ?? null;
  }

  function showUpdates(done: number): void {
    reporter.progress({ label: "training", done, total: rounds * options.clients, unit: "updates" });
  }

  async function watch(signal: AbortSignal): Promise<void> {
    for await (const message of operator.watch(run, signal)) {
      if (message.type === "update") {
        showUpdates((message.round - 1) * options.clients + message.updates);
      }
      if (message.type === "round-closed") {
        const line = toLine(message.summary, await evaluate(message.summary.round));
        lines.push(line);
        reporter.round(line);
        showUpdates(line.round * options.clients);
      }
      if (message.type !== "run" || message.reason === undefined) continue;
      const what = `the run is ${message.phase}: ${message.reason}`;
      // Nobody else will start this run again.
      throw new EdgepropError("runtime-failed", what);
    }
  }

  const abort = new AbortController();
  try {
    await Promise.race([watch(abort.signal), trainers.failure(abort.signal)]);
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
  const history = { run, spec, rounds: lines, result };
  await writeFile(join("runs", run, "history.json"), `${JSON.stringify(history, null, 2)}\n`);
  return result;
}

function toLine(summary: RoundSummary, accuracy: number | null): RoundLine {
  const { round, loss, updates, bytesUp, bytesDown, openedAt, closedAt } = summary;
  return { round, loss, accuracy, updates, bytesUp, bytesDown, seconds: seconds(closedAt - openedAt) };
}

/** Rounds to a hundredth. */
function seconds(milliseconds: number): number {
  return Math.round(milliseconds / 10) / 100;
}
