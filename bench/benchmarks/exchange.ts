import { createRandom, selectExamples, sliceExamples } from "../../src/data/index.ts";
import type { Dataset } from "../../src/data/index.ts";
import { collectStatistics, createStatisticsSolver } from "../../src/exchange/index.ts";
import { createTrainer, dense, loadKernels, proxProp, sequential, sgd } from "../../src/node.ts";
import type { ModelSpec } from "../../src/node.ts";
import { loadMnist } from "../../src/cli/mnist.ts";
import { benchCommand } from "../command/options.ts";

const batchSize = 512;
const loss = "softmaxCrossEntropy";
const rule = proxProp({ tau: 1 });

/**
 * How far the mean of the shards' ProxProp directions (exchange "direction") lies from the direction of the whole
 * batch, and that of the summed statistics (exchange "statistics"): MLP 784-128-10, MNIST, batch 512, tau 1.
 */
export async function run(args: readonly string[]): Promise<void> {
  const command = benchCommand({
    name: "exchange",
    description: "How far a mean of shard-wise prox steps lies from the step of the whole batch.",
  });
  const { json = false } = command.parse(args, { from: "user" }).opts<{ json?: true }>();
  const model = sequential({ input: [784] }, [dense(128, { activation: "relu" }), dense(10)]);
  const { train } = await loadMnist();
  const order = Uint32Array.from({ length: train.numExamples }, (_, index) => index);
  createRandom(1, "bench").shuffle(order);
  const batch = selectExamples(train, order.subarray(0, batchSize));
  // At the first params, and after an epoch of training on them.
  const cases = [];
  for (const [when, params] of [
    ["initial params", await paramsAfter(model, train, 0)],
    ["after one epoch", await paramsAfter(model, train, 1)],
  ] as const) {
    const whole = await directionOf(model, params, batch);
    for (const clients of [1, 2, 4, 8, 32]) {
      const shards = Array.from({ length: clients }, (_, index) =>
        sliceExamples(
          batch,
          Math.floor((index * batchSize) / clients),
          Math.floor(((index + 1) * batchSize) / clients),
        ),
      );
      const solver = createStatisticsSolver(loadKernels(), model, rule);
      solver.clear();
      const mean = new Float64Array(params.length);
      for (const dataset of shards) {
        solver.add(collectStatistics(loadKernels(), model, { dataset, loss, rule, params }).sums);
        const direction = await directionOf(model, params, dataset);
        for (const [index, value] of direction.entries())
          mean[index] = (mean[index] ?? 0) + (value * dataset.numExamples) / batchSize;
      }
      cases.push({
        when,
        clients,
        direction: compare(mean, whole),
        statistics: compare(solver.solve(batchSize), whole),
      });
    }
  }
  for (const { when, clients, direction, statistics } of cases) {
    process.stderr.write(
      `${when}, ${clients} clients: direction differs by ${direction.relativeDifference.toExponential(1)} (cosine ${direction.cosine.toFixed(4)}), ` +
        `statistics by ${statistics.relativeDifference.toExponential(1)}\n`,
    );
  }
  if (json) process.stdout.write(`${JSON.stringify({ batchSize, tau: 1, cases })}\n`);
}

async function paramsAfter(model: ModelSpec, dataset: Dataset, epochs: number): Promise<Float32Array> {
  const trainer = await createTrainer(model, {
    loss,
    rule,
    optimizer: sgd({ learningRate: 2 }),
    batchSize: 32,
    seed: 1,
  });
  if (epochs > 0) await trainer.train(dataset, { epochs });
  return trainer.getParams();
}

async function directionOf(model: ModelSpec, params: Float32Array, dataset: Dataset): Promise<Float32Array> {
  const options = {
    loss,
    rule,
    optimizer: sgd({ learningRate: 1 }),
    batchSize: dataset.numExamples,
    params,
  } as const;
  const trainer = await createTrainer(model, options);
  return (await trainer.direction(dataset)).direction;
}

/** |a - b| / |b| and the cosine of the angle between them, over all params. */
function compare(
  a: Float32Array | Float64Array,
  b: Float32Array,
): { relativeDifference: number; cosine: number } {
  let [difference, dot, normA, normB] = [0, 0, 0, 0];
  for (const [index, value] of b.entries()) {
    const other = a[index] ?? 0;
    difference += (other - value) ** 2;
    dot += other * value;
    normA += other ** 2;
    normB += value ** 2;
  }
  return { relativeDifference: Math.sqrt(difference / normB), cosine: dot / Math.sqrt(normA * normB) };
}
