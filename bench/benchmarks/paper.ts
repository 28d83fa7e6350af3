import { join } from "node:path";
import type { Command } from "commander";
import { Option } from "commander";
import { loadCifar10 } from "../paper/cifar10.ts";
import { benchCommand, positiveInteger, positiveNumber } from "../command/options.ts";
import { drawCurves } from "../paper/curves.ts";
import { writeResult } from "../paper/results.ts";
import type { Result } from "../paper/results.ts";
import {
  allSamples,
  defaultSeed,
  modelNames,
  paperLearningRate,
  paperTau,
  ruleNames,
} from "../paper/settings.ts";
import type { ModelName, RuleName, Setting } from "../paper/settings.ts";
import { runTable, tableMarkdown, tableTau } from "../paper/table.ts";
import { runTraining } from "../paper/train.ts";

interface Options {
  readonly model: ModelName;
  readonly rule?: RuleName;
  readonly epochs: number;
  readonly samples: number;
  readonly width: number;
  readonly seed: number;
  readonly learningRate?: number;
  readonly tau?: number;
  readonly table?: true;
  readonly results: string;
  readonly json?: true;
}

/** The experiments of the ProxProp paper on CIFAR-10: see docs/proxprop.md. */
export async function run(args: readonly string[]): Promise<void> {
  const command = benchCommand({
    name: "paper",
    description: "The experiments of the ProxProp paper (Frerix et al. 2018) on CIFAR-10.",
    options: [
      new Option("--model <model>", "the network").choices(modelNames).default("mlp"),
      new Option("--rule <rule>", "backprop, or ProxProp: exact, or cg<n> with n CG iterations").choices(
        ruleNames,
      ),
      new Option("--epochs <n>", "passes over the training examples; the paper: 50")
        .argParser(positiveInteger)
        .makeOptionMandatory(),
      new Option("--samples <n>", "train on the first n examples")
        .default(allSamples)
        .argParser(positiveInteger),
      new Option("--width <factor>", "scales the MLP's hidden layers").default(1).argParser(positiveNumber),
      new Option("--seed <n>", "of the initial params and the order")
        .default(defaultSeed)
        .argParser(positiveInteger),
      new Option("--learning-rate <rate>", "default: the paper's").argParser(positiveNumber),
      new Option("--tau <tau>", "ProxProp's tau, reduction sum; default: the paper's").argParser(
        positiveNumber,
      ),
      new Option("--table", "the form of the paper's Table 1: training loss by learning rate and rule"),
      new Option("--results <folder>", "where results and plots are written").default(
        join(import.meta.dirname, "../results"),
        "bench/results",
      ),
    ],
  });
  const options = command.parse(args, { from: "user" }).opts<Options>();
  checkTogether(command, options);
  await (options.table === true ? makeTable(options) : train(options));
}

function checkTogether(command: Command, { table, rule, model, samples, width, ...rest }: Options): void {
  if (samples > allSamples)
    command.error(`error: --samples ${samples} is more than there are: ${allSamples}`);
  if (model === "convnet" && width !== 1) command.error("error: --width is for --model mlp");
  if (table === true && (rule !== undefined || rest.learningRate !== undefined))
    command.error(
      "error: --table goes through the rules and learning rates itself: leave out --rule and --learning-rate",
    );
  if (table !== true && rule === undefined)
    command.error(`error: --rule is missing: one of ${ruleNames.join(", ")}, or --table for all`);
  if (rule === "backprop" && rest.tau !== undefined) command.error("error: --tau is for ProxProp's rules");
}

async function train({
  results,
  json,
  table: _table,
  rule = "exact",
  tau,
  learningRate,
  ...shared
}: Options): Promise<void> {
  const { model, epochs, samples, width, seed } = shared;
  const setting: Setting = {
    model,
    rule,
    epochs,
    samples,
    width,
    seed,
    learningRate: learningRate ?? paperLearningRate(model, rule),
    ...(rule === "backprop" ? {} : { tau: tau ?? paperTau(model) }),
  };
  // Written after every epoch: what is interrupted leaves the epochs that it finished.
  const onEpoch = async (result: Result): Promise<void> => {
    const last = result.epochs.at(-1);
    if (last === undefined) return;
    process.stderr.write(
      `${model} ${rule} epoch ${last.epoch} of ${epochs}: training loss ${last.trainingLoss.toPrecision(4)}, ` +
        `validation ${(100 * last.validationAccuracy).toFixed(2)} %, ${last.cpuSeconds.toFixed(1)} s CPU\n`,
    );
    await writeResult(results, result);
  };
  const result = await runTraining(await loadCifar10(), setting, { onEpoch });
  const path = await writeResult(results, result);
  const plot = await drawCurves(results, setting);
  if (result.diverged !== undefined) process.stderr.write(`diverged: ${result.diverged}\n`);
  const tested = result.test?.atBestValidation;
  if (tested !== undefined) {
    process.stderr.write(
      `test accuracy ${(100 * tested.accuracy).toFixed(2)} % at the best validation, epoch ${tested.epoch}\n`,
    );
  }
  process.stderr.write(`written to ${path}, drawn in ${plot}\n`);
  if (json === true) process.stdout.write(`${JSON.stringify(result)}\n`);
}

async function makeTable({
  results,
  json,
  model,
  epochs,
  samples,
  width,
  seed,
  tau = tableTau,
}: Options): Promise<void> {
  const setting = { model, epochs, samples, width, seed, tau };
  const table = await runTable(await loadCifar10(), setting, {
    folder: results,
    onCell: ({ rule, learningRate, loss, diverged }) =>
      process.stderr.write(`${rule} at ${learningRate}: ${loss ?? `diverged (${diverged})`}\n`),
  });
  process.stdout.write(`${tableMarkdown(table)}\n`);
  if (json === true) process.stdout.write(`${JSON.stringify(table)}\n`);
}
