import { loadMnist } from "../../src/cli/mnist.ts";
import type { Mnist } from "../../src/cli/mnist.ts";
import { openCache } from "../federated/cache.ts";
import { grid } from "../federated/grid.ts";
import { parseOptions } from "../federated/options.ts";
import type { FederatedOptions } from "../federated/options.ts";
import { bestOfEach, toRatios, toRows, toRun } from "../federated/summary.ts";
import type { Outcome, Row, Run } from "../federated/summary.ts";
import { batchSize, checkOneRound, numClients, runSetting, splitExamples } from "../federated/task.ts";

/**
 * Rounds to 97 % test accuracy and accuracy after 10 rounds of FedAvg, ProxProp beside tuned backprop: MNIST, MLP
 * 784-128-10, 8 clients with Dirichlet label skew, 1 local epoch, batch 32. No HTTP: the rounds are `simulate`'s.
 */
export async function run(args: readonly string[]): Promise<void> {
  const { json, ...task } = parseOptions(args);
  const mnist = await loadMnist();
  await check(mnist);
  const runs = await runGrid(mnist, task);
  const rows = toRows(runs, task.rounds);
  const summary = bestOfEach(rows);
  const ratios = toRatios(summary);
  for (const row of rows) process.stderr.write(`${toLine(row)}${summary.includes(row) ? "  best" : ""}\n`);
  for (const { alpha, rounds, accuracyGain } of ratios) {
    process.stderr.write(
      `alpha ${alpha}: ProxProp needs ${rounds.toFixed(2)} x the rounds of the best backprop, accuracy ${(100 * accuracyGain).toFixed(2)} points ahead\n`,
    );
  }
  if (json) {
    const described = { ...task, clients: numClients, batchSize, localEpochs: 1, kernels: "relaxed" };
    process.stdout.write(`${JSON.stringify({ task: described, summary, ratios, settings: rows, runs })}\n`);
  }
}

/** Before anything is measured: one round of either kind of rule is the weighted mean. */
async function check(mnist: Mnist): Promise<void> {
  const clients = splitExamples(mnist, { alpha: 0.5, seed: 1, samples: 2_000 });
  for (const rule of ["proxprop", "backprop-adam"] as const) {
    const setting = grid.find((candidate) => candidate.rule === rule);
    if (setting !== undefined) await checkOneRound(setting.training, clients);
  }
  process.stderr.write("one round is the weighted mean of the clients' params, to rounding\n");
}

/** Every setting of a seed on the same partition, one after the other. */
async function runGrid(mnist: Mnist, task: Omit<FederatedOptions, "json">): Promise<Run[]> {
  const { alphas, seeds, rounds, samples } = task;
  const cache = await openCache<Outcome>();
  const runs: Run[] = [];
  const total = alphas.length * seeds.length * grid.length;
  for (const seed of seeds) {
    for (const alpha of alphas) {
      const clients = splitExamples(mnist, { alpha, seed, samples });
      for (const { rule, setting, training } of grid) {
        const begin = performance.now();
        const key = { alpha, seed, rounds, samples, training };
        const outcome = await cache.getOr(key, () =>
          runSetting(training, { clients, test: mnist.test, seed, rounds }),
        );
        const done = toRun(outcome, { alpha, seed, rule, setting, rounds });
        runs.push(done);
        const seconds = ((performance.now() - begin) / 1_000).toFixed(1);
        process.stderr.write(
          `${String(runs.length).padStart(4)}/${total}  alpha ${alpha}, seed ${seed}, ${rule}, ${setting}: ${toText(done, rounds)}, ${seconds} s\n`,
        );
      }
    }
  }
  await cache.clear();
  return runs;
}

function toText({ roundsTo97, accuracy10, failure }: Run, rounds: number): string {
  const reached = roundsTo97 > rounds ? "97 % not reached" : `97 % after ${roundsTo97} rounds`;
  return `${reached}, ${percent(accuracy10)} at the end${failure === undefined ? "" : ` (${failure})`}`;
}

function toLine({ alpha, rule, setting, meanRoundsTo97, meanAccuracy10, accuracy10 }: Row): string {
  const accuracy = `${percent(meanAccuracy10)} (${percent(accuracy10.min)} to ${percent(accuracy10.max)})`;
  return `alpha ${alpha}  ${rule.padEnd(17)}  ${setting.padEnd(46)}  ${meanRoundsTo97.toFixed(1).padStart(4)} rounds  ${accuracy}`;
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(2)} %`;
}
