import {
  adam,
  backprop,
  createTrainer,
  dense,
  EdgepropError,
  proxProp,
  sequential,
  sgd,
} from "../../src/node.ts";
import type { TrainerOptions } from "../../src/node.ts";
import { installBenchPackages } from "../command/install.ts";
import { progress, runBenchmark } from "../command/report.ts";
import { loadTables, meanOf } from "../tables/tables.ts";
import type { Table } from "../tables/tables.ts";
import { median, rounded } from "../timing/statistics.ts";

const seeds = [1, 2, 3];
const hiddenLayers = [[32], [64, 32]];
const epochs = 30;

type Start = Pick<TrainerOptions, "rule" | "optimizer"> & { readonly name: string };

/** Starts that docs/proxprop.md compares: those that it advises, and what people try first. */
const starts: readonly Start[] = [
  {
    name: "proxprop tau 1, last layer too; SGD 1",
    rule: proxProp({ tau: 1, lastLayer: "prox" }),
    optimizer: sgd({ learningRate: 1 }),
  },
  {
    name: "proxprop tau 1, last layer too; Adam 0.003",
    rule: proxProp({ tau: 1, lastLayer: "prox" }),
    optimizer: adam({ learningRate: 0.003 }),
  },
  { name: "proxprop tau 1; SGD 1", rule: proxProp({ tau: 1 }), optimizer: sgd({ learningRate: 1 }) },
  { name: "backprop; SGD 0.1", rule: backprop(), optimizer: sgd({ learningRate: 0.1 }) },
  { name: "backprop; Adam 0.003", rule: backprop(), optimizer: adam({ learningRate: 0.003 }) },
];

const losses = {
  regression: "meanSquaredError",
  classes: "softmaxCrossEntropy",
  "yes or no": "sigmoidCrossEntropy",
} as const;

/** How often a start diverges on the tables that people bring, and how well it trains. */
export async function run(args: readonly string[]): Promise<void> {
  const description =
    "What starts make of usual tables: R2 or accuracy on held-out rows, and how often they diverge.";
  await runBenchmark({ name: "tables", description }, args, measure);
}

async function measure(): Promise<object> {
  await installBenchPackages(["vega-datasets"]);
  const rows = [];
  for (const isScaled of [true, false]) {
    for (const table of await loadTables({ seed: 1, isScaled })) {
      for (const start of starts) {
        const scores = await scoresOf(table, start);
        const found = scores.filter((score) => score !== null);
        const row = {
          table: table.name,
          task: table.task,
          isScaled,
          start: start.name,
          runs: scores.length,
          diverged: scores.length - found.length,
          median: found.length === 0 ? null : rounded(median(found)),
          least: found.length === 0 ? null : rounded(Math.min(...found)),
        };
        progress(JSON.stringify(row));
        rows.push(row);
      }
    }
  }
  return {
    epochs,
    seeds,
    hiddenLayers,
    score: "R2 for regressions, else accuracy, on a quarter held out",
    rows,
  };
}

/** null: training diverged. */
async function scoresOf(table: Table, { rule, optimizer }: Start): Promise<(number | null)[]> {
  const scores = [];
  for (const seed of seeds) {
    for (const hidden of hiddenLayers) {
      const model = sequential({ input: [table.train.inputSize] }, [
        ...hidden.map((units) => dense(units, { activation: "relu" })),
        dense(table.outputs),
      ]);
      const trainer = await createTrainer(model, {
        loss: losses[table.task],
        rule,
        optimizer,
        batchSize: 32,
        seed,
      });
      try {
        for await (const _ of trainer.fit(table.train, { epochs }));
        scores.push(await scoreOf(table, trainer));
      } catch (error) {
        if (!(error instanceof EdgepropError && error.code === "non-finite")) throw error;
        scores.push(null);
      } finally {
        await trainer.dispose();
      }
    }
  }
  return scores;
}

type Trained = Awaited<ReturnType<typeof createTrainer>>;

async function scoreOf({ task, test }: Table, trainer: Trained): Promise<number> {
  const { loss, accuracy } = await trainer.evaluate(test);
  if (accuracy !== undefined) return accuracy;
  const mean = meanOf(test.targets);
  if (task === "regression")
    return 1 - loss / meanOf(Array.from(test.targets, (value) => (value - mean) ** 2));
  const answers = await trainer.predict(test.inputs, { inputScale: test.inputScale });
  return meanOf(Array.from(answers, (answer, row) => Number(answer > 0 === (test.targets[row] ?? 0) > 0.5)));
}
